import { keyOf } from '../api/resource.ts';
import { namespaces, nodes, pods, services } from '../api/resources.ts';
import { isStatus, StatusError } from '../api/status.ts';
import type { Namespace, Node, Pod, Service } from '../api/types/core.ts';
import { timestamp } from '../base/clock.ts';
import type { Env } from '../base/env.ts';
import type { Client } from '../client/client.ts';
import { EventRecorder } from '../client/events.ts';
import { Informer } from '../client/informer.ts';
import { TransportError } from '../client/transport.ts';
import { SchedulingQueue, type Waiting } from './queue.ts';
import { schedule, type Unschedulable } from './schedule.ts';
import { Snapshot } from './snapshot.ts';

const SCHEDULER_NAME = 'default-scheduler';
/** Bindings under way at a time. */
const BINDINGS_MAX = 64;
/** Others in this process get their turn after so many decisions. */
const DECISIONS_PER_TURN = 16;

/**
 * Gives every pod that asks for `default-scheduler` a node, one pod after the other, the most important first.
 *
 * 1. A pod counts on its node from the moment of the decision, before the API server has answered (`scheduler.test.ts`).
 * 2. A pod that fits nowhere says why in its condition PodScheduled, and is tried again when that may have changed.
 */
export class Scheduler {
  readonly #client: Client;
  readonly #env: Env;
  readonly #pods: Informer<Pod>;
  readonly #nodes: Informer<Node>;
  readonly #services: Informer<Service>;
  readonly #namespaces: Informer<Namespace>;
  readonly #recorder: EventRecorder;
  readonly #snapshot = new Snapshot();
  readonly #queue: SchedulingQueue;
  /** Pods whose binding the informer has not shown yet, with their uid. */
  readonly #assumed = new Map<string, string>();
  readonly #underWay = new Set<Promise<void>>();
  #loop: Promise<void> = Promise.resolve();

  constructor(client: Client, options: { env: Env }) {
    const { env } = options;
    this.#client = client;
    this.#env = env;
    this.#pods = new Informer(client, pods, { env });
    this.#nodes = new Informer(client, nodes, { env });
    this.#services = new Informer(client, services, { env });
    this.#namespaces = new Informer(client, namespaces, { env });
    this.#recorder = new EventRecorder(client, { env, component: SCHEDULER_NAME });
    this.#queue = new SchedulingQueue({ clock: env.clock });
  }

  /** Resolves when the cluster is known and placing begins. */
  async start(): Promise<void> {
    this.#nodes.onChange(({ key, object, previous }) => this.#nodeChanged(key, object, previous)).start();
    this.#services.onChange(({ key, object }) => this.#snapshot.setService(key, object)).start();
    this.#namespaces.onChange(({ key, object }) => this.#snapshot.setNamespace(key, object)).start();
    this.#pods.onChange(({ key, object, previous }) => this.#podChanged(key, object, previous)).start();
    await Promise.all([this.#nodes, this.#services, this.#namespaces, this.#pods].map(({ synced }) => synced));
    this.#loop = this.#run();
  }

  /** Takes no new pod and waits for the bindings under way. */
  async stop(): Promise<void> {
    this.#queue.close();
    await this.#loop;
    await Promise.all(this.#underWay);
    await Promise.all([this.#nodes, this.#services, this.#namespaces, this.#pods].map((informer) => informer.stop()));
  }

  #nodeChanged(name: string, node: Node | undefined, previous: Node | undefined): void {
    if (node) this.#snapshot.setNode(node);
    else this.#snapshot.removeNode(name);
    if (node && (!previous || offerOf(node) !== offerOf(previous))) this.#queue.clusterChanged('NodeChanged');
  }

  #podChanged(key: string, pod: Pod | undefined, previous: Pod | undefined): void {
    const isGone = !pod || (previous && previous.metadata.uid !== pod.metadata.uid);
    if (isGone) this.#forget(key);
    if (!pod) return;
    if (isEnded(pod)) this.#forget(key);
    else if (pod.spec.nodeName) this.#placed(key, pod, previous);
    else if (isMine(pod)) this.#queue.add(pod);
    else this.#queue.remove(key);
  }

  /** The pod no longer takes room on a node. */
  #forget(key: string): void {
    this.#queue.remove(key);
    this.#assumed.delete(key);
    if (this.#snapshot.removePod(key)) this.#queue.clusterChanged('PodLeft');
  }

  /** A pod that was decided on stays in the queue, taken, until the informer shows it on its node. */
  #placed(key: string, pod: Pod, previous: Pod | undefined): void {
    this.#queue.remove(key);
    this.#assumed.delete(key);
    if (previous && countsAlike(previous, pod)) return;
    this.#snapshot.setPod(pod, pod.spec.nodeName as string);
    this.#queue.clusterChanged('PodPlaced');
  }

  async #run(): Promise<void> {
    let decided = 0;
    for (let waiting = await this.#queue.take(); waiting; waiting = await this.#queue.take()) {
      this.#decide(waiting);
      if (this.#underWay.size >= BINDINGS_MAX) await Promise.race(this.#underWay);
      if (++decided % DECISIONS_PER_TURN === 0) await this.#env.clock.turn();
    }
  }

  #decide(waiting: Waiting): void {
    const { pod } = waiting;
    const decision = schedule(this.#snapshot, pod, { random: this.#env.random });
    if (decision.kind === 'placed') {
      this.#assumed.set(keyOf(pod), pod.metadata.uid);
      this.#snapshot.setPod(pod, decision.nodeName);
      this.#track(this.#bind(waiting, decision.nodeName));
    } else {
      this.#queue.unschedulable(waiting, decision.rejectedBy);
      this.#track(this.#refuse(pod, decision));
    }
  }

  #track(work: Promise<void>): void {
    const tracked = work.finally(() => this.#underWay.delete(tracked));
    this.#underWay.add(tracked);
  }

  async #bind(waiting: Waiting, nodeName: string): Promise<void> {
    const { name, namespace, uid } = waiting.pod.metadata;
    const object = {
      apiVersion: 'v1',
      kind: 'Binding',
      metadata: { name, namespace, uid },
      target: { apiVersion: 'v1', kind: 'Node', name: nodeName },
    };
    try {
      await this.#client.of(pods).createSubresource(name, 'binding', { namespace, object });
    } catch (error) {
      this.#unbound(waiting, error);
      return;
    }
    const message = `Successfully assigned ${namespace}/${name} to ${nodeName}`;
    this.#recorder.record(waiting.pod, { type: 'Normal', reason: 'Scheduled', message });
  }

  /** The binding was refused or nobody answered: the pod gives its place back, unless the informer knows better already. */
  #unbound(waiting: Waiting, error: unknown): void {
    if (!(error instanceof StatusError || error instanceof TransportError)) throw error;
    const { pod } = waiting;
    const key = keyOf(pod);
    if (this.#assumed.get(key) !== pod.metadata.uid) return;
    this.#assumed.delete(key);
    if (this.#snapshot.removePod(key)) this.#queue.clusterChanged('PodLeft');
    this.#queue.failed(waiting);
    // Gone or taken by somebody else: the informer will say which.
    if (isStatus(error, 'NotFound', 'Conflict')) return;
    this.#env.log.warn('a pod was not bound', { pod: key, error: error.message });
    const message = `Binding rejected: ${error.message}`;
    this.#recorder.record(pod, { type: 'Warning', reason: 'FailedScheduling', message });
  }

  async #refuse(pod: Pod, { message }: Unschedulable): Promise<void> {
    this.#recorder.record(pod, { type: 'Warning', reason: 'FailedScheduling', message });
    const known = pod.status?.conditions?.find(({ type }) => type === 'PodScheduled');
    if (known?.status === 'False' && known.reason === 'Unschedulable' && known.message === message) return;
    const { name, namespace, uid } = pod.metadata;
    const since = known?.status === 'False' ? known.lastTransitionTime : undefined;
    const condition = {
      type: 'PodScheduled',
      status: 'False',
      reason: 'Unschedulable',
      message,
      lastTransitionTime: since ?? timestamp(this.#env.clock),
    };
    const patch = { metadata: { uid }, status: { conditions: [condition] } };
    try {
      await this.#client.of(pods).patch(name, patch, { namespace, type: 'strategic', subresource: 'status' });
    } catch (error) {
      if (!(error instanceof StatusError || error instanceof TransportError)) throw error;
      if (isStatus(error, 'NotFound', 'Conflict')) return;
      this.#env.log.warn('a pod was not told why it waits', { pod: keyOf(pod), error: error.message });
    }
  }
}

/** Whether a pod that was on a node before still counts there as it did: most changes are of its status only. */
function countsAlike(before: Pod, now: Pod): boolean {
  return (
    before.spec.nodeName === now.spec.nodeName &&
    before.metadata.uid === now.metadata.uid &&
    before.metadata.generation === now.metadata.generation &&
    JSON.stringify(before.metadata.labels) === JSON.stringify(now.metadata.labels)
  );
}

function isEnded({ status }: Pod): boolean {
  return status?.phase === 'Succeeded' || status?.phase === 'Failed';
}

function isMine({ spec, metadata }: Pod): boolean {
  const isGated = (spec.schedulingGates ?? []).length > 0;
  return (spec.schedulerName ?? SCHEDULER_NAME) === SCHEDULER_NAME && !metadata.deletionTimestamp && !isGated;
}

/** What of a node decides about pods: its heartbeats do not. */
function offerOf({ spec, metadata, status }: Node): string {
  const ready = status?.conditions?.find(({ type }) => type === 'Ready')?.status;
  return JSON.stringify([spec, metadata.labels, status?.allocatable ?? status?.capacity, ready]);
}
