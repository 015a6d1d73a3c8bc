import { keyOf, splitKey } from '../api/resource.ts';
import { endpointConsumers, nodes, podReleases, pods } from '../api/resources.ts';
import { isStatus, StatusError } from '../api/status.ts';
import type { Node, Pod } from '../api/types/core.ts';
import { type EndpointConsumer, type PodRelease, type ReleaseLevel, SEGUE_GROUP_VERSION } from '../api/types/segue.ts';
import { microTimestamp, type Timer } from '../base/clock.ts';
import type { Env } from '../base/env.ts';
import type { Client } from '../client/client.ts';
import { EventRecorder } from '../client/events.ts';
import { Informer, type Notification } from '../client/informer.ts';
import { Reconciler } from '../client/reconciler.ts';
import { TransportError } from '../client/transport.ts';
import { Gate, NAMES_MAX } from './gate.ts';
import { releaseLevel } from './level.ts';
import { DEFAULT_LEASE_SECONDS } from './registration.ts';

/** How long a release is kept to be read after its pod is gone, in milliseconds. */
const KEPT_MS = 10 * 60_000;
const SWEEP_MS = 1_000;
/** How often the names in a release are brought up to date while there are more to name than it holds. */
const NAMES_MS = 100;

/**
 * Runs the gate in a cluster: watches pods that terminate and the endpoint consumers' statements, writes one
 * PodRelease for each terminating pod, and drops consumers whose lease lapsed.
 */
export class GateController {
  readonly #client: Client;
  readonly #env: Env;
  readonly #level: ReleaseLevel;
  readonly #gate = new Gate();
  readonly #pods: Informer<Pod>;
  readonly #consumers: Informer<EndpointConsumer>;
  readonly #releases: Informer<PodRelease>;
  readonly #nodes: Informer<Node>;
  readonly #reconciler: Reconciler;
  readonly #recorder: EventRecorder;
  /** Key of each waiting pod, to look again when somebody let go. */
  readonly #waiting = new Set<string>();
  readonly #heardAt = new Map<string, number>();
  /**
   * Consumers that the API server does not know, or no longer after it lost its memory, with the milliseconds for which
   * they are waited for since they were heard: until then they may well go on routing.
   */
  readonly #absent = new Map<string, number>();
  #sweep: Timer | undefined;

  constructor(client: Client, options: { env: Env; level: ReleaseLevel }) {
    const { env, level } = options;
    this.#client = client;
    this.#env = env;
    this.#level = level;
    this.#pods = new Informer(client, pods, { env });
    this.#consumers = new Informer(client, endpointConsumers, { env });
    this.#releases = new Informer(client, podReleases, { env });
    this.#nodes = new Informer(client, nodes, { env });
    this.#recorder = new EventRecorder(client, { env, component: 'segue-gate' });
    this.#reconciler = new Reconciler({ env, name: 'gate', reconcile: (key) => this.#reconcile(key), concurrency: 16 });
  }

  async start(): Promise<void> {
    this.#consumers.onChange((change) => this.#consumerChanged(change)).start();
    this.#pods.onChange(({ key, object, previous }) => {
      if ((object ?? previous)?.metadata.deletionTimestamp) this.#reconciler.queue.add(key);
    });
    this.#pods.start();
    this.#releases.onChange(({ key }) => this.#reconciler.queue.add(key)).start();
    this.#nodes.start();
    const informers = [this.#pods, this.#consumers, this.#releases, this.#nodes];
    await Promise.all(informers.map(({ synced }) => synced));
    this.#expectNodes();
    this.#reconciler.start();
    this.#sweepLater();
  }

  async stop(): Promise<void> {
    this.#sweep?.cancel();
    const informers = [this.#pods, this.#consumers, this.#releases, this.#nodes];
    await Promise.all([this.#reconciler.stop(), ...informers.map((informer) => informer.stop())]);
  }

  #consumerChanged({ key, object, previous, unlisted }: Notification<EndpointConsumer>): void {
    const { minimum } = this.#gate;
    if (object) {
      this.#heardAt.set(key, this.#env.clock.monotonic());
      this.#absent.delete(key);
      if (object.spec.nodeName) this.#dismiss(placeholderFor(object.spec.nodeName));
      this.#gate.seen({
        name: key,
        role: object.spec.role,
        observed: Number(object.status?.observedResourceVersion ?? 0),
        published: Number(object.status?.publishedResourceVersion ?? 0),
      });
    } else if (unlisted && previous?.spec.role === 'Consumer') {
      this.#absent.set(key, leaseMsOf(previous));
      return;
    } else this.#dismiss(key);
    const isSame = object?.status?.observedResourceVersion === previous?.status?.observedResourceVersion;
    if (object && previous && isSame) return;
    const isKnown = object?.spec.role === 'Consumer' && previous !== undefined;
    if (isKnown && this.#gate.minimum === minimum) this.#oneLetGo(key);
    else this.#lookAgain();
  }

  #lookAgain(): void {
    for (const waiting of this.#waiting) this.#reconciler.queue.add(waiting);
  }

  /**
   * One of many consumers: as long as another is as late as it was, no verdict can be another one, only the names in it.
   * So what an acknowledgement costs does not grow with those who have not let go yet.
   */
  #oneLetGo(consumer: string): void {
    for (const waiting of this.#waiting) {
      const names = this.#releases.get(waiting)?.status.waitingFor;
      if (!names?.includes(consumer)) continue;
      if (names.length < NAMES_MAX) this.#reconciler.queue.add(waiting);
      else this.#reconciler.queue.addAfter(waiting, NAMES_MS);
    }
  }

  /** It holds nobody up from now on. */
  #dismiss(name: string): void {
    this.#heardAt.delete(name);
    this.#absent.delete(name);
    this.#gate.gone(name);
  }

  /**
   * Registrations are in the API server's memory, so that right after a start of everything none may be there yet. Until
   * it has one, a node that is ready is expected to route, for as long as a lease.
   */
  #expectNodes(): void {
    const registered = new Set(this.#consumers.list().map(({ spec }) => spec.nodeName));
    for (const { metadata, status } of this.#nodes.list()) {
      const isReady = status?.conditions?.some(({ type, status }) => type === 'Ready' && status === 'True');
      if (!isReady || registered.has(metadata.name)) continue;
      const name = placeholderFor(metadata.name);
      this.#absent.set(name, DEFAULT_LEASE_SECONDS * 1000);
      this.#heardAt.set(name, this.#env.clock.monotonic());
      this.#gate.seen({ name, role: 'Consumer', observed: 0, published: 0 });
    }
  }

  async #reconcile(key: string): Promise<{ requeueAfterMs: number } | undefined> {
    const pod = this.#pods.get(key);
    const release = this.#releases.get(key);
    if (!pod?.metadata.deletionTimestamp || !pod.spec.nodeName) {
      this.#waiting.delete(key);
      return release ? this.#forgetLater(key, release) : undefined;
    }
    if (release && release.spec.podUID !== pod.metadata.uid) {
      await this.#delete(release);
      return { requeueAfterMs: 0 };
    }
    await (release ? this.#advance(key, release) : this.#open(key, pod));
    return undefined;
  }

  async #open(key: string, pod: Pod): Promise<void> {
    const level = releaseLevel(pod, this.#level);
    const deleted = Number(pod.metadata.resourceVersion);
    const verdict =
      level === 'None' ? { required: undefined, released: true } : this.#gate.judge({ deleted, required: undefined });
    const now = microTimestamp(this.#env.clock);
    if (!verdict.released) this.#waiting.add(key);
    const release = {
      apiVersion: SEGUE_GROUP_VERSION,
      kind: 'PodRelease',
      metadata: { name: pod.metadata.name, namespace: pod.metadata.namespace as string },
      spec: {
        podUID: pod.metadata.uid,
        nodeName: pod.spec.nodeName as string,
        level,
        deletedResourceVersion: String(deleted),
      },
      status: {
        phase: verdict.released ? ('Released' as const) : ('Waiting' as const),
        waitingFor: verdict.released ? [] : this.#gate.waitingFor({ deleted, required: verdict.required }),
        deletedAt: now,
        ...(verdict.required === undefined
          ? {}
          : { requiredResourceVersion: String(verdict.required), publishedAt: now }),
        ...(verdict.released ? { releasedAt: now } : {}),
      },
    };
    try {
      this.#releases.absorb(await this.#client.of(podReleases).create(release));
    } catch (error) {
      // Made a moment ago: its own event will bring the key back.
      if (!isStatus(error, 'AlreadyExists')) throw error;
    }
  }

  async #advance(key: string, release: PodRelease): Promise<void> {
    if (release.status.phase === 'Released') {
      this.#waiting.delete(key);
      return;
    }
    this.#waiting.add(key);
    const stated = release.status.requiredResourceVersion;
    const request = {
      deleted: Number(release.spec.deletedResourceVersion),
      required: stated === undefined ? undefined : Number(stated),
    };
    const { required, released } = this.#gate.judge(request);
    const waitingFor = this.#gate.waitingFor({ ...request, required });
    const unchanged = released === false && String(required) === String(request.required);
    if (unchanged && waitingFor.join() === release.status.waitingFor.join()) return;
    const now = microTimestamp(this.#env.clock);
    const status = {
      waitingFor,
      phase: released ? 'Released' : 'Waiting',
      ...(released ? { releasedAt: now } : {}),
      ...(required === undefined ? {} : { requiredResourceVersion: String(required) }),
      ...(required !== undefined && stated === undefined ? { publishedAt: now } : {}),
    };
    const { name, namespace, resourceVersion } = release.metadata;
    const patch = { metadata: { resourceVersion }, status };
    // Read from here on: the next acknowledgement may come before the event of this write.
    this.#releases.absorb(await this.#client.of(podReleases).patch(name, patch, { namespace, subresource: 'status' }));
    if (released) this.#waiting.delete(key);
  }

  async #forgetLater(key: string, release: PodRelease): Promise<{ requeueAfterMs: number } | undefined> {
    const age = this.#env.clock.now() - Date.parse(release.status.deletedAt);
    if (age < KEPT_MS) return { requeueAfterMs: KEPT_MS - age };
    await this.#delete(release);
    this.#waiting.delete(key);
    return undefined;
  }

  async #delete(release: PodRelease): Promise<void> {
    const { namespace, name } = splitKey(keyOf(release));
    try {
      await this.#client.of(podReleases).delete(name, { namespace, uid: release.metadata.uid });
    } catch (error) {
      if (!isStatus(error, 'NotFound')) throw error;
    }
  }

  #sweepLater(): void {
    this.#sweep = this.#env.clock.timer(
      SWEEP_MS,
      () => {
        for (const consumer of this.#consumers.list()) this.#dropIfLapsed(consumer);
        for (const [name, leaseMs] of this.#absent) this.#dismissIfLapsed(name, leaseMs);
        this.#sweepLater();
      },
      { background: true },
    );
  }

  #dismissIfLapsed(name: string, leaseMs: number): void {
    if (this.#env.clock.monotonic() - (this.#heardAt.get(name) ?? 0) <= leaseMs) return;
    this.#env.log.warn('endpoint consumer did not come back', { name });
    this.#dismiss(name);
    this.#lookAgain();
  }

  /** A consumer that stopped renewing is taken as cut off: it no longer holds anyone up. A publisher is never dropped. */
  #dropIfLapsed(consumer: EndpointConsumer): void {
    const leaseMs = leaseMsOf(consumer);
    const heardAt = this.#heardAt.get(consumer.metadata.name) ?? Number.POSITIVE_INFINITY;
    if (consumer.spec.role !== 'Consumer' || this.#env.clock.monotonic() - heardAt <= leaseMs) return;
    this.#heardAt.delete(consumer.metadata.name);
    this.#drop(consumer, leaseMs).catch((error) => {
      if (!(error instanceof StatusError || error instanceof TransportError)) throw error;
      this.#heardAt.set(consumer.metadata.name, heardAt);
      this.#env.log.warn('a lost consumer was not removed, will try again', {
        name: consumer.metadata.name,
        error: error.message,
      });
    });
  }

  async #drop(consumer: EndpointConsumer, leaseMs: number): Promise<void> {
    const { name, uid, resourceVersion } = consumer.metadata;
    try {
      // Only as it was seen here: one that renewed at the server meanwhile lives, however late we hear of it.
      await this.#client.of(endpointConsumers).delete(name, { uid, resourceVersion });
    } catch (error) {
      if (isStatus(error, 'NotFound', 'Conflict')) return;
      throw error;
    }
    this.#env.log.warn('endpoint consumer lost', { name });
    this.#recorder.record(consumer, {
      type: 'Warning',
      reason: 'ConsumerLost',
      message: `${name} did not renew its lease of ${leaseMs / 1000} s: it no longer holds up the release of pods`,
    });
  }
}

function leaseMsOf({ spec }: EndpointConsumer): number {
  return (spec.leaseDurationSeconds ?? DEFAULT_LEASE_SECONDS) * 1000;
}

/** Whom a ready node is expected to have: no consumer has a name like it. */
function placeholderFor(nodeName: string): string {
  return `${nodeName} (not registered)`;
}
