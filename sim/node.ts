import type { ReleaseLevel } from '../src/api/types/segue.ts';
import type { Random } from '../src/base/random.ts';
import { type HostNetwork, ProbeError } from '../src/kubelet/host.ts';
import { Kubelet } from '../src/kubelet/kubelet.ts';
import type { PodNetwork } from '../src/network/podnetwork.ts';
import { DataPlaneError, type ProxyDataPlane, type ServicePortRules } from '../src/network/proxy/dataplane.ts';
import { FakeDataPlane } from '../src/network/proxy/fake/dataplane.ts';
import { ServiceProxy } from '../src/network/proxy/proxy.ts';
import { FakeImages } from '../src/runtime/fake/fakeimages.ts';
import { FakeRuntime } from '../src/runtime/fake/fakeruntime.ts';
import type { ContainerConfig, PodSandboxConfig } from '../src/runtime/runtime.ts';
import { type AppBehaviour, PLAIN_APP, SimApp } from './app.ts';
import type { SimTime } from './clock.ts';
import { SimPodFiles } from './podfiles.ts';
import { SimPodNetwork } from './podnetwork.ts';
import { type Life, type ProcessWorld, SimProcess } from './process.ts';
import { between, chance, splitRandom } from './random.ts';

/** Told what happens on a node in the moment it does: the truth, not what anybody writes about it. */
export interface NodeObserver {
  onStopSignal(podUID: string, node: SimNode): void;
  onCrash(podUID: string, node: SimNode): void;
  onPower(node: SimNode, isUp: boolean): void;
  onRules(node: SimNode, services: readonly string[]): void;
}

/** What stands between the real components of a node and its simulated kernel: how a mutation changes a part. */
export interface NodeSeams {
  dataPlane?(plane: ProxyDataPlane, context: { time: SimTime; random: Random }): ProxyDataPlane;
  podNetwork?(network: PodNetwork): PodNetwork;
}

export interface SimNodeOptions {
  readonly index: number;
  readonly world: ProcessWorld;
  readonly observer: NodeObserver;
  readonly seams: NodeSeams;
  readonly level: ReleaseLevel;
  /** On every node: forget connections to `podIP` that never got an answer. */
  readonly flushUnreplied: (podIP: string) => Promise<void>;
}

/** One machine: a kubelet and a service proxy over a simulated kernel, runtime and pod network. */
export class SimNode {
  readonly name: string;
  readonly ip: string;
  readonly podCIDR: string;
  readonly kubelet: SimProcess;
  readonly proxy: SimProcess;
  readonly #options: SimNodeOptions;
  readonly #random: Random;
  #machine: Machine;
  /** Share of rule changes that the kernel refuses. */
  kernelRefuses = 0;

  constructor(options: SimNodeOptions) {
    const { index, world } = options;
    this.#options = options;
    this.name = `node-${index}`;
    this.ip = `10.0.0.${index}`;
    this.podCIDR = `10.244.${index}.0/24`;
    this.#random = splitRandom(world.seed, this.name);
    this.#machine = this.#boot();
    this.kubelet = new SimProcess(world, {
      name: `${this.name}.kubelet`,
      user: 'system:nodes',
      start: (life) => this.#startKubelet(life),
    });
    this.proxy = new SimProcess(world, {
      name: `${this.name}.proxy`,
      user: 'system:nodes',
      start: (life) => this.#startProxy(life),
    });
  }

  get dataPlane(): FakeDataPlane {
    return this.#machine.dataPlane;
  }

  get podNetwork(): SimPodNetwork {
    return this.#machine.podNetwork;
  }

  get runtime(): FakeRuntime | undefined {
    return this.#machine.runtime;
  }

  get apps(): ReadonlyMap<string, SimApp> {
    return this.#machine.apps;
  }

  get files(): SimPodFiles {
    return this.#machine.files;
  }

  /** Its rules stand, so that clients on it have begun. */
  get isRouting(): boolean {
    return this.#machine.isUp && this.#machine.isRouting;
  }

  get isUp(): boolean {
    return this.#machine.isUp;
  }

  get isCut(): boolean {
    return this.kubelet.isCut;
  }

  /** Boots the machine: resolves when its rules stand and its node is registered. */
  async start(): Promise<void> {
    if (!this.#machine.isUp) {
      this.#machine = this.#boot();
      this.#options.observer.onPower(this, true);
    }
    await this.proxy.start();
    await this.kubelet.start();
  }

  /** The power fails: processes, connections, rules and addresses are gone at once. */
  crash(): void {
    if (!this.#machine.isUp) return;
    this.#machine.isUp = false;
    this.#options.observer.onPower(this, false);
    this.proxy.kill();
    this.kubelet.kill();
    for (const uid of this.#machine.podNetwork.uids) this.#options.observer.onCrash(uid, this);
    for (const uid of this.#machine.podNetwork.uids) this.#machine.podNetwork.pod(uid)?.sockets.resetAll();
  }

  /** The way to the control plane is cut; the node itself goes on. */
  cut(): void {
    this.kubelet.cut();
    this.proxy.cut();
  }

  mend(): void {
    this.kubelet.mend();
    this.proxy.mend();
  }

  #boot(): Machine {
    const { world, index } = this.#options;
    const random = splitRandom(world.seed, `kernel of node-${index}`);
    return {
      isUp: true,
      isRouting: false,
      dataPlane: new FakeDataPlane({ clock: world.time.clock(this.name), random }),
      podNetwork: new SimPodNetwork(this.podCIDR),
      files: new SimPodFiles(),
      apps: new Map(),
      runtime: undefined,
    };
  }

  async #startKubelet({ env, client }: Life): Promise<void> {
    const machine = this.#machine;
    const runtime = new FakeRuntime({ env, program: (config, sandbox) => this.#program(machine, { config, sandbox }) });
    machine.runtime = runtime;
    const { seams, level, flushUnreplied } = this.#options;
    const kubelet = new Kubelet(client, {
      facts: {
        name: this.name,
        ip: this.ip,
        podCIDR: this.podCIDR,
        cpus: 16,
        memoryBytes: 64 * 2 ** 30,
        podsMax: 110,
        labels: {},
        info: {},
      },
      tools: {
        env,
        client,
        nodeName: this.name,
        nodeIP: this.ip,
        nodeNetworkPath: '/sim/netns/node',
        host: { network: this.#probes(machine), files: machine.files },
        runtime,
        images: new FakeImages(),
        podNetwork: seams.podNetwork?.(machine.podNetwork) ?? machine.podNetwork,
        flushUnreplied,
        level,
      },
    });
    await kubelet.start();
  }

  async #startProxy({ env, client }: Life): Promise<void> {
    const { world, seams } = this.#options;
    const machine = this.#machine;
    const kernel = this.#refusing(machine.dataPlane);
    const dataPlane = seams.dataPlane?.(kernel, { time: world.time, random: this.#random }) ?? kernel;
    await new ServiceProxy(client, { env, nodeName: this.name, dataPlane }).start();
    machine.isRouting = true;
  }

  /** The kernel, which now and then refuses a change. */
  #refusing(plane: FakeDataPlane): ProxyDataPlane {
    return {
      replace: (services: ReadonlyMap<string, readonly ServicePortRules[]>) => {
        if (chance(this.#random, this.kernelRefuses)) throw new DataPlaneError('Cannot change rules: no buffer space');
        plane.replace(services);
        this.#options.observer.onRules(this, [...services.keys()]);
      },
      services: () => plane.services(),
      flushUnreplied: (podIP) => plane.flushUnreplied(podIP),
      close: () => plane.close(),
    };
  }

  #program(machine: Machine, run: { config: ContainerConfig; sandbox: PodSandboxConfig }) {
    const { config, sandbox } = run;
    const { world, observer } = this.#options;
    const app = new SimApp(behaviourOf(config), {
      time: world.time,
      random: this.#random,
      sockets: () => machine.podNetwork.pod(sandbox.uid)?.sockets,
      onStopSignal: () => observer.onStopSignal(sandbox.uid, this),
      onCrash: () => observer.onCrash(sandbox.uid, this),
    });
    machine.apps.set(sandbox.uid, app);
    return app.program;
  }

  /** Probes look at the application over the pod's own network. */
  #probes(machine: Machine): HostNetwork {
    const { time } = this.#options.world;
    const look = async (ip: string, port: number) => {
      await time.pause(between(this.#random, 0.2, 3), { owner: `${this.name}.kubelet` });
      const pod = machine.podNetwork.at(ip);
      if (!pod?.sockets.isListening(port)) throw new ProbeError(`dial tcp ${ip}:${port}: connection refused`);
      return machine.apps.get(pod.uid);
    };
    return {
      httpGet: async ({ ip, port }) => ({ status: (await look(ip, port))?.isReady ? 200 : 503, body: '' }),
      tcpConnect: async ({ ip, port }) => void (await look(ip, port)),
    };
  }
}

interface Machine {
  isUp: boolean;
  isRouting: boolean;
  readonly dataPlane: FakeDataPlane;
  readonly podNetwork: SimPodNetwork;
  readonly files: SimPodFiles;
  /** By pod. */
  readonly apps: Map<string, SimApp>;
  runtime: FakeRuntime | undefined;
}

/** The behaviour that a pod carries as its container's argument. */
function behaviourOf({ args }: ContainerConfig): AppBehaviour {
  return args[0] === undefined ? PLAIN_APP : { ...PLAIN_APP, ...(JSON.parse(args[0]) as Partial<AppBehaviour>) };
}
