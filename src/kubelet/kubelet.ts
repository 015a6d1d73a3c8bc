import type { ApiRequest, ApiResponse } from '../api/request.ts';
import { podReleases, pods, services } from '../api/resources.ts';
import type { Pod, Service } from '../api/types/core.ts';
import type { PodRelease } from '../api/types/segue.ts';
import type { Env } from '../base/env.ts';
import type { Client } from '../client/client.ts';
import { EventRecorder } from '../client/events.ts';
import { Informer, type Notification } from '../client/informer.ts';
import { LogServer } from './logserver.ts';
import { type NodeFacts, NodeRegistration } from './node.ts';
import { PodWorker } from './podworker.ts';
import type { NodeTools, PodTools } from './tools.ts';

/** One node: registers it, runs the pods that are bound to it, serves their logs. */
export class Kubelet {
  readonly #env: Env;
  readonly #registration: NodeRegistration;
  readonly #pods: Informer<Pod>;
  readonly #services: Informer<Service>;
  readonly #releases: Informer<PodRelease>;
  readonly #tools: PodTools;
  readonly #workers = new Map<string, PodWorker>();
  readonly #logs: LogServer;
  #unsubscribe: (() => void) | undefined;

  constructor(client: Client, options: { tools: NodeTools; facts: NodeFacts }) {
    const { tools, facts } = options;
    const { env, nodeName } = tools;
    const mine = { env, fieldSelector: `spec.nodeName=${nodeName}` };
    this.#env = env;
    this.#registration = new NodeRegistration(client, { env, facts });
    this.#pods = new Informer(client, pods, mine);
    this.#releases = new Informer(client, podReleases, mine);
    this.#services = new Informer(client, services, { env });
    this.#tools = {
      ...tools,
      recorder: new EventRecorder(client, { env, component: 'kubelet', host: nodeName }),
      services: (namespace) => this.#services.list(namespace),
    };
    this.#logs = new LogServer({
      clock: env.clock,
      files: tools.host.files,
      find: (namespace, name) => this.#find(namespace, name),
    });
  }

  /** Resolves when the node is registered and every pod bound to it is being looked after. */
  async start(): Promise<void> {
    await this.#registration.start();
    this.#unsubscribe = this.#tools.runtime.onExit((state) => {
      for (const worker of this.#workers.values()) if (worker.exited(state)) return;
    });
    this.#services.start();
    this.#releases.onChange(({ object }) => object && this.#workers.get(object.spec.podUID)?.released(object)).start();
    await Promise.all([this.#services.synced, this.#releases.synced]);
    this.#pods.onChange((change) => this.#podChanged(change)).start();
    await this.#pods.synced;
  }

  /** Stops looking after pods. What runs is ended by closing the runtime. */
  async stop(): Promise<void> {
    this.#registration.stop();
    this.#unsubscribe?.();
    await Promise.all([this.#pods.stop(), this.#services.stop(), this.#releases.stop()]);
  }

  /** The kubelet's own API: `/containerLogs/<namespace>/<pod>/<container>`. */
  handle(request: ApiRequest): Promise<ApiResponse> {
    return this.#logs.handle(request);
  }

  #find(namespace: string, name: string): PodWorker | undefined {
    return [...this.#workers.values()].find(
      ({ pod }) => pod.metadata.namespace === namespace && pod.metadata.name === name,
    );
  }

  #podChanged({ key, object, previous }: Notification<Pod>): void {
    if (previous && previous.metadata.uid !== object?.metadata.uid) this.#workers.get(previous.metadata.uid)?.removed();
    if (!object) return;
    const { uid } = object.metadata;
    const known = this.#workers.get(uid);
    if (known) {
      known.update(object);
      return;
    }
    this.#env.log.debug('pod bound', { pod: key });
    const worker = new PodWorker(object, { tools: this.#tools, onGone: () => this.#workers.delete(uid) });
    this.#workers.set(uid, worker);
    const release = this.#releases.get(key);
    if (release?.spec.podUID === uid) worker.released(release);
    worker.wake();
  }
}
