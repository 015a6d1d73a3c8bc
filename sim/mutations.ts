import type { ApiResponse } from '../src/api/request.ts';
import { type EndpointConsumer, SEGUE_GROUP_VERSION } from '../src/api/types/segue.ts';
import type { ClientRequest, Transport } from '../src/client/transport.ts';
import type { ProxyDataPlane, ServicePortRules } from '../src/network/proxy/dataplane.ts';
import type { NodeSeams } from './node.ts';
import { between } from './random.ts';

/** One part of the design left out, at a seam of the simulated world. */
export interface Mutation {
  readonly name: string;
  /** What is left out, in a sentence. */
  readonly without: string;
  readonly seams?: NodeSeams;
  /** Stands between a component and the network. */
  readonly transport?: (name: string, transport: Transport) => Transport;
}

const CONSUMERS = `/apis/${SEGUE_GROUP_VERSION}/endpointconsumers`;
const QUIET = { passiveOpens: 0, acceptQueue: 0, halfOpen: 0, listenDrops: 0, established: 0 };

/** The parts that the guarantee needs, each left out: the simulation must find what then breaks. */
export const MUTATIONS: readonly Mutation[] = [
  {
    name: 'noQuietCheck',
    without: 'the look at accept queues and half-open connections before the stop signal',
    seams: {
      podNetwork: (network) => ({
        add: (uid) => network.add(uid),
        remove: (uid) => network.remove(uid),
        sample: (uid) => network.sample(uid) && QUIET,
      }),
    },
  },
  {
    name: 'noPublisherWatermark',
    without: "the EndpointSlice controller's own watermark: it claims to have published everything",
    transport: only('endpointslice', (transport) => (request) => {
      const status = statementIn(request);
      if (!status) return transport(request);
      const claimed = { observedResourceVersion: '999999999', publishedResourceVersion: '0' };
      return transport({ ...request, body: { object: { status: { ...status, ...claimed } } } });
    }),
  },
  {
    name: 'noConsumerLease',
    without: 'the lease of consumers: one that is gone is never dropped',
    transport: only('gate', (transport) => (request) => {
      if (request.method !== 'DELETE' || !request.path.startsWith(CONSUMERS)) return transport(request);
      return Promise.resolve(NOT_DONE);
    }),
  },
  {
    name: 'acknowledgeFirst',
    without: 'the wait for the kernel: a proxy acknowledges rules before they are applied',
    seams: {
      dataPlane: (plane, { time, random }) => lateRules(plane, (act) => time.after(between(random, 1, 60), act)),
    },
  },
  {
    name: 'ignoreUnfinished',
    without: 'the unfinished keys: the publisher states how far it has read, not how far it has acted',
    transport: only('endpointslice', readNotActed),
  },
];

const NOT_DONE: ApiResponse = {
  status: 404,
  headers: {},
  body: {
    kind: 'object',
    object: {
      kind: 'Status',
      apiVersion: 'v1',
      status: 'Failure',
      reason: 'NotFound',
      code: 404,
      message: 'not found',
    },
  },
};

function only(component: string, change: (transport: Transport) => Transport): NonNullable<Mutation['transport']> {
  return (name, transport) => (name === component ? change(transport) : transport);
}

/** The status that a request states of its sender's own progress; undefined for other requests. */
function statementIn({ method, path, body }: ClientRequest): EndpointConsumer['status'] {
  if (method !== 'PATCH' || !path.startsWith(CONSUMERS) || !body) return undefined;
  return (body.object as { status?: EndpointConsumer['status'] }).status;
}

/** States with every event of a pod that it was acted on, though the work has only begun. */
function readNotActed(transport: Transport): Transport {
  let read = 0;
  let published = '0';
  const state = () => {
    const status = { observedResourceVersion: String(read), publishedResourceVersion: published };
    const path = `${CONSUMERS}/endpointslice-controller/status`;
    const headers = { 'content-type': 'application/merge-patch+json' };
    const signal = new AbortController().signal;
    const request = { method: 'PATCH' as const, path, headers, signal, query: new URLSearchParams() };
    transport({ ...request, body: { object: { status } } }).catch(() => {});
  };
  return async (request) => {
    const status = statementIn(request);
    if (status) {
      published = status.publishedResourceVersion ?? published;
      const claimed = String(Math.max(read, Number(status.observedResourceVersion)));
      return transport({ ...request, body: { object: { status: { ...status, observedResourceVersion: claimed } } } });
    }
    const response = await transport(request);
    const { body } = response;
    if (body.kind !== 'watch' || !request.path.endsWith('/pods')) return response;
    const { stream } = body;
    const start: typeof stream.start = (sink) =>
      stream.start({
        onEnd: () => sink.onEnd(),
        onEvents: (events) => {
          for (const { event } of events) {
            const { metadata } = event.object as { metadata?: { resourceVersion?: string } };
            read = Math.max(read, Number(metadata?.resourceVersion ?? 0));
          }
          const goesOn = sink.onEvents(events);
          state();
          return goesOn;
        },
      });
    return { ...response, body: { kind: 'watch', stream: { start, close: () => stream.close() } } };
  };
}

/** Takes rules at once and applies them later, in their order. */
function lateRules(plane: ProxyDataPlane, later: (act: () => void) => void): ProxyDataPlane {
  const waiting: ReadonlyMap<string, readonly ServicePortRules[]>[] = [];
  const applyNext = () => {
    const services = waiting[0];
    if (!services) return;
    try {
      plane.replace(services);
      waiting.shift();
    } catch {
      later(applyNext); // The kernel refused it, and the proxy, which was told that all is well, will not try again.
    }
  };
  return {
    replace: (services) => {
      waiting.push(services);
      later(applyNext);
    },
    services: () => plane.services(),
    flushUnreplied: (podIP) => plane.flushUnreplied(podIP),
    close: () => plane.close(),
  };
}
