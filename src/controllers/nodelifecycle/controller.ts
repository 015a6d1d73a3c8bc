import { leases, nodes, pods } from '../../api/resources.ts';
import { isStatus } from '../../api/status.ts';
import type { Lease } from '../../api/types/coordination.ts';
import type { Node, Pod } from '../../api/types/core.ts';
import { timestamp } from '../../base/clock.ts';
import type { Env } from '../../base/env.ts';
import type { Client } from '../../client/client.ts';
import { EventRecorder } from '../../client/events.ts';
import { Informer, type Notification } from '../../client/informer.ts';
import { Reconciler } from '../../client/reconciler.ts';
import { AwakeClock } from './awakeclock.ts';
import { planEviction } from './eviction.ts';
import { Observations } from './observations.ts';
import { isNotReady, isReady, planSilence, planTaints } from './plan.ts';
import { PodWriter } from './podwriter.ts';

const LEASE_NAMESPACE = 'kube-node-lease';
/** `--node-monitor-period`: how often silence is looked for. */
const MONITOR_PERIOD_MS = 5_000;
/** `--node-monitor-grace-period`: how long a kubelet may be silent. */
const GRACE_MS = 40_000;
/** `--node-startup-grace-period`: the same for one that never said anything. */
const STARTUP_GRACE_MS = 60_000;
/** How long a node must have been gone before its pods are removed. */
const QUARANTINE_MS = 40_000;

/**
 * Watches over nodes: says when a kubelet fell silent, taints nodes by their conditions, takes pods of nodes that are
 * not ready out of Services, evicts pods that do not tolerate a taint, and removes pods of nodes that are gone.
 */
export class NodeLifecycleController {
  readonly #client: Client;
  readonly #env: Env;
  readonly #nodes: Informer<Node>;
  readonly #leases: Informer<Lease>;
  readonly #pods: Informer<Pod>;
  readonly #recorder: EventRecorder;
  readonly #writer: PodWriter;
  readonly #reconciler: Reconciler;
  readonly #observations = new Observations();
  readonly #awake: AwakeClock;
  /** Names of the nodes that are ready, as far as their changes have come. */
  readonly #ready = new Set<string>();

  constructor(client: Client, options: { env: Env }) {
    const { env } = options;
    this.#client = client;
    this.#env = env;
    this.#nodes = new Informer(client, nodes, { env });
    this.#leases = new Informer(client, leases, { env, namespace: LEASE_NAMESPACE });
    this.#pods = new Informer(client, pods, { env, indexes: { node: nodeOf } });
    this.#recorder = new EventRecorder(client, { env, component: 'node-controller' });
    this.#writer = new PodWriter(client, { env, absorb: (pod) => this.#pods.absorb(pod) });
    this.#awake = new AwakeClock(env.clock, { periodMs: MONITOR_PERIOD_MS, onTick: () => this.#tick() });
    this.#reconciler = new Reconciler({
      env,
      name: 'nodelifecycle',
      reconcile: (name) => this.#reconcile(name),
      concurrency: 8,
    });
  }

  /** Resolves when all nodes, leases and pods have been seen and the watch over them has begun. */
  async start(): Promise<void> {
    this.#awake.start();
    this.#nodes.onChange((change) => this.#nodeChanged(change)).start();
    this.#leases.start();
    this.#pods.onChange(({ object }) => this.#podChanged(object)).start();
    await Promise.all([this.#nodes.synced, this.#leases.synced, this.#pods.synced]);
    this.#reconciler.start();
  }

  async stop(): Promise<void> {
    this.#awake.stop();
    await this.#reconciler.stop();
    await Promise.all([this.#nodes.stop(), this.#leases.stop(), this.#pods.stop()]);
  }

  #nodeChanged({ key, object, previous }: Notification<Node>): void {
    if (previous && previous.metadata.uid !== object?.metadata.uid) this.#observations.forget(previous.metadata.uid);
    if (object && isReady(object)) this.#ready.add(key);
    else this.#ready.delete(key);
    this.#reconciler.queue.add(key);
  }

  #tick(): void {
    for (const node of this.#nodes.list()) if (this.#isSilent(node)) this.#reconciler.queue.add(node.metadata.name);
  }

  #podChanged(pod: Pod | undefined): void {
    const name = pod?.spec.nodeName;
    if (!name) return;
    const node = this.#nodes.get(name);
    const isTainted = node?.spec?.taints?.some(({ effect }) => effect === 'NoExecute');
    if (!node || isTainted || isNotReady(node)) this.#reconciler.queue.add(name);
  }

  #isSilent(node: Node): boolean {
    const lease = this.#leases.get(`${LEASE_NAMESPACE}/${node.metadata.name}`);
    const hasSpoken = lease !== undefined || node.status?.conditions?.some(({ type }) => type === 'Ready');
    const silentMs = this.#observations.silentMs(node, lease, this.#awake.now());
    return silentMs >= (hasSpoken ? GRACE_MS : STARTUP_GRACE_MS);
  }

  async #reconcile(name: string): Promise<{ requeueAfterMs: number } | undefined> {
    const known = this.#nodes.get(name);
    if (!known) return this.#collect(name);
    this.#observations.settled(name);
    const spoken = this.#isSilent(known) ? await this.#writeSilence(known) : known;
    const node = spoken && (await this.#writeTaints(spoken));
    if (!node) return undefined; // Gone meanwhile: its deletion comes as a change.
    const bound = this.#pods.byIndex('node', name);
    if (isNotReady(node)) await Promise.all(bound.map((pod) => this.#writer.markNotReady(pod)));
    return this.#evict(node, bound);
  }

  async #writeSilence(node: Node): Promise<Node | undefined> {
    const conditions = planSilence(node, timestamp(this.#env.clock));
    if (!conditions) return node;
    const written = await this.#patch(node, { status: { conditions } }, { subresource: 'status' });
    if (!written) return undefined;
    const { name } = node.metadata;
    const message = `Node ${name} status is now: NodeNotReady`;
    this.#recorder.record(node, { type: 'Normal', reason: 'NodeNotReady', message });
    return written;
  }

  async #writeTaints(node: Node): Promise<Node | undefined> {
    const taints = planTaints(node, timestamp(this.#env.clock));
    return taints ? this.#patch(node, { spec: { taints } }) : node;
  }

  /** Writes to exactly the state that was decided on. Undefined when the node is gone. */
  async #patch(node: Node, change: object, options: { subresource?: string } = {}): Promise<Node | undefined> {
    const { name, uid, resourceVersion } = node.metadata;
    try {
      const patch = { metadata: { uid, resourceVersion }, ...change };
      const written = await this.#client.of(nodes).patch(name, patch, options);
      this.#nodes.absorb(written);
      return written;
    } catch (error) {
      if (isStatus(error, 'NotFound')) return undefined;
      throw error;
    }
  }

  async #evict(node: Node, bound: readonly Pod[]): Promise<{ requeueAfterMs: number } | undefined> {
    const taints = this.#observations.seenTaints(node, this.#awake.now());
    if (taints.length === 0) return undefined;
    // When no node at all can be heard, it is this side that is cut off, as Kubernetes has it: nobody is evicted.
    if (this.#ready.size === 0 && isNotReady(node)) {
      this.#observations.forgetTaints(node);
      return { requeueAfterMs: MONITOR_PERIOD_MS };
    }
    let nextMs = Number.POSITIVE_INFINITY;
    const leaving: Pod[] = [];
    for (const pod of bound) {
      if (pod.metadata.deletionTimestamp) continue;
      const eviction = planEviction(pod, taints);
      if (eviction.type === 'now') leaving.push(pod);
      if (eviction.type === 'later') nextMs = Math.min(nextMs, eviction.inMs);
    }
    await Promise.all(leaving.map((pod) => this.#writer.evict(pod)));
    return nextMs === Number.POSITIVE_INFINITY ? undefined : { requeueAfterMs: nextMs };
  }

  /** Removes the pods of a node that is gone, when it has been for a while and the server says so too. */
  async #collect(name: string): Promise<{ requeueAfterMs: number } | undefined> {
    const bound = this.#pods.byIndex('node', name);
    if (bound.length === 0) {
      this.#observations.settled(name);
      return undefined;
    }
    const missingMs = this.#observations.missingMs(name, this.#awake.now());
    if (missingMs < QUARANTINE_MS) return { requeueAfterMs: QUARANTINE_MS - missingMs };
    if (await this.#exists(name)) return { requeueAfterMs: MONITOR_PERIOD_MS };
    await Promise.all(bound.map((pod) => this.#writer.collect(pod)));
    return undefined;
  }

  async #exists(name: string): Promise<boolean> {
    try {
      await this.#client.of(nodes).get(name);
      return true;
    } catch (error) {
      if (isStatus(error, 'NotFound')) return false;
      throw error;
    }
  }
}

function nodeOf(pod: Pod): string[] {
  return pod.spec.nodeName ? [pod.spec.nodeName] : [];
}
