import { pathOf } from '../../api/resource.ts';
import { pods } from '../../api/resources.ts';
import { isStatus } from '../../api/status.ts';
import type { Pod } from '../../api/types/core.ts';
import type { Env } from '../../base/env.ts';
import type { Client } from '../../client/client.ts';
import { Informer } from '../../client/informer.ts';
import { type LoadEvent, parseLoadEvent } from '../load/events.ts';
import { LoadFailedError, type LoadProcess } from '../load/loadprocess.ts';

export interface PodLoadOptions {
  readonly env: Env;
  readonly namespace: string;
  readonly name: string;
  /** Program and arguments of the load generator. It begins by itself when the target has answered once. */
  readonly command: readonly string[];
}

const CONTAINER = 'load';
const STOP_GRACE_SECONDS = 30;
/** How much of what is no event is kept for the message of a failure, in characters. */
const SAID_MAX = 1_000;

/**
 * The load generator as a pod of the cluster that is verified: it stands where clients of the Service stand, and what
 * it says comes by its log. It begins when its target has answered; stopping it is deleting it.
 */
export async function startPodLoad(client: Client, options: PodLoadOptions): Promise<LoadProcess> {
  const { namespace, name, command } = options;
  await client.of(pods).create({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name,
      namespace,
      labels: { 'app.kubernetes.io/name': 'segue-verify' },
      annotations: { 'segue.dev/release': 'None' },
    },
    spec: {
      restartPolicy: 'Never',
      terminationGracePeriodSeconds: STOP_GRACE_SECONDS,
      enableServiceLinks: false,
      containers: [{ name: CONTAINER, image: 'segue.dev/verify-load', command: [...command] }],
    },
  });
  const remove = async (gracePeriodSeconds: number) => {
    try {
      await client.of(pods).delete(name, { namespace, gracePeriodSeconds });
    } catch (error) {
      if (!isStatus(error, 'NotFound')) throw error;
    }
  };
  const closed = new AbortController();
  return {
    events: eventsOf(client, options, closed.signal),
    start: () => {},
    stop: () => {
      remove(STOP_GRACE_SECONDS).catch((error) =>
        options.env.log.warn('the load was not stopped', { error: String(error) }),
      );
    },
    close: async () => {
      closed.abort(new LoadFailedError('Cannot follow the load: it was closed'));
      await remove(0);
    },
  };
}

async function* eventsOf(client: Client, options: PodLoadOptions, closed: AbortSignal): AsyncGenerator<LoadEvent> {
  const abort = new AbortController();
  const signal = AbortSignal.any([abort.signal, closed]);
  try {
    await started(client, options, closed);
    const response = await client.raw({
      method: 'GET',
      path: pathOf(pods, { namespace: options.namespace, name: options.name, subresource: 'log' }),
      query: new URLSearchParams({ follow: 'true', container: CONTAINER }),
      signal,
    });
    if (response.body.kind !== 'bytes')
      throw new LoadFailedError('Cannot read what the load generator says: no stream');
    let said = '';
    for await (const line of linesOf(response.body.stream)) {
      if (!line.startsWith('{')) {
        said = `${said} ${line}`.slice(-SAID_MAX);
        continue;
      }
      const event = eventOf(line);
      yield event;
      if (event.event === 'summary') return;
    }
    throw new LoadFailedError(`Cannot finish the load: the generator ended without a summary:${said}`);
  } finally {
    abort.abort();
  }
}

/** Whole lines, and the rest after the last one. Throws `LoadFailedError` when the stream breaks. */
async function* linesOf(stream: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let rest = '';
  try {
    for await (const chunk of stream) {
      const lines = (rest + decoder.decode(chunk, { stream: true })).split('\n');
      rest = lines.pop() ?? '';
      yield* lines;
    }
  } catch (error) {
    throw new LoadFailedError(`Cannot read what the load generator says: ${(error as Error).message}`, {
      cause: error,
    });
  }
  if (rest) yield rest;
}

function eventOf(line: string): LoadEvent {
  try {
    return parseLoadEvent(line);
  } catch (error) {
    throw new LoadFailedError((error as Error).message, { cause: error });
  }
}

/** Resolves when the generator's container has started; rejects with the reason when it cannot, and when closed. */
async function started(client: Client, { env, namespace, name }: PodLoadOptions, closed: AbortSignal): Promise<void> {
  closed.throwIfAborted();
  const informer = new Informer(client, pods, { env, namespace, fieldSelector: `metadata.name=${name}` });
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const onClosed = () => reject(closed.reason);
  closed.addEventListener('abort', onClosed, { once: true });
  const look = () => {
    const pod = informer.get(`${namespace}/${name}`);
    const state = pod ? startOf(pod) : 'its pod was deleted';
    if (state === 'started') resolve();
    else if (state) reject(new LoadFailedError(`Cannot start the load generator: ${state}`));
  };
  informer.onProgress(look).start();
  try {
    await promise;
  } finally {
    closed.removeEventListener('abort', onClosed);
    await informer.stop();
  }
}

function startOf(pod: Pod): string | undefined {
  const state = pod.status?.containerStatuses?.[0]?.state;
  if (state?.running || state?.terminated) return 'started';
  const unscheduled = pod.status?.conditions?.find(({ type, status }) => type === 'PodScheduled' && status === 'False');
  return (
    unscheduled?.message ?? (state?.waiting?.message ? `${state.waiting.reason}: ${state.waiting.message}` : undefined)
  );
}
