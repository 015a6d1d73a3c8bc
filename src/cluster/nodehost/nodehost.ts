import { join } from 'node:path';
import type { Env } from '../../base/env.ts';
import type { Log } from '../../base/log.ts';
import { systemClock, systemRandom } from '../../base/system.ts';
import { Client } from '../../client/client.ts';
import { httpTransport } from '../../client/http/transport.ts';
import { Kubelet } from '../../kubelet/kubelet.ts';
import { localFiles } from '../../kubelet/local/files.ts';
import { localNetwork } from '../../kubelet/local/network.ts';
import { kernelSupport } from '../../linux/support.ts';
import { type MachineNetwork, openMachineNetwork } from '../../network/bridge/machine.ts';
import type { NodeNetwork } from '../../network/bridge/node.ts';
import type { ProxyDataPlane } from '../../network/proxy/dataplane.ts';
import { openNftablesDataPlane } from '../../network/proxy/nftables/dataplane.ts';
import { ServiceProxy } from '../../network/proxy/proxy.ts';
import { HostImages } from '../../runtime/process/hostimages.ts';
import { ProcessRuntime } from '../../runtime/process/processruntime.ts';
import { ADDRESSES } from '../addresses.ts';
import { ClusterError } from '../errors.ts';
import { machineFacts } from './machinefacts.ts';
import { startNodesServer } from './nodesserver.ts';
import type { NodeHostOptions } from './options.ts';

interface HostedNode {
  readonly name: string;
  readonly network: NodeNetwork;
  readonly dataPlane: ProxyDataPlane;
}

/** All nodes of this machine in one process: for each a kubelet and a service proxy, each node in its own namespace. */
export class NodeHost {
  readonly #options: NodeHostOptions;
  readonly #env: Env;
  readonly #client: Client;
  readonly #machine: MachineNetwork;
  readonly #runtime: ProcessRuntime;
  readonly #images: HostImages;
  readonly #kubelets = new Map<string, Kubelet>();

  private constructor(options: NodeHostOptions, parts: { env: Env; images: HostImages }) {
    const { env } = parts;
    this.#options = options;
    this.#env = env;
    this.#images = parts.images;
    const { transport } = httpTransport({ origin: 'http://segue', socketPath: options.apiSocket });
    this.#client = new Client(transport, { userAgent: 'segue-node' });
    this.#machine = openMachineNetwork({ serviceCIDR: ADDRESSES.serviceCIDR });
    this.#runtime = new ProcessRuntime({ env, stateDir: join(options.folder, 'runtime') });
  }

  /**
   * Prepares namespaces, networks and rules, waits for `begun`, which says that the API server answers, and goes on.
   * Resolves when every node is registered and its rules stand. Rejects with one line that says what is missing.
   */
  static async start(options: NodeHostOptions, from: { log: Log; begun: Promise<unknown> }): Promise<NodeHost> {
    const { log, begun } = from;
    const missing = kernelSupport();
    if (missing.length > 0) throw new ClusterError(missing.join('; '));
    const env = { clock: systemClock, random: systemRandom, log };
    const images = new HostImages({ imagesFiles: options.imagesFiles });
    const host = new NodeHost(options, { env, images });
    await host.#run(begun);
    return host;
  }

  async #run(begun: Promise<unknown>): Promise<void> {
    const nodes = Array.from({ length: this.#options.nodes }, (_, index) => this.#addNode(index + 1));
    await begun;
    await startNodesServer({
      path: this.#options.nodesSocket,
      env: this.#env,
      kubelet: (name) => this.#kubelets.get(name),
    });
    const flushUnreplied = async (podIP: string) => {
      await Promise.all(nodes.map(({ dataPlane }) => dataPlane.flushUnreplied(podIP)));
    };
    await Promise.all(nodes.map((node) => this.#startNode(node, flushUnreplied)));
  }

  #addNode(index: number): HostedNode {
    const network = this.#machine.addNode(index);
    const { namespace, ip, podCIDR } = network;
    const dataPlane = openNftablesDataPlane({ namespace, nodeIPs: [ip], podCIDR, serviceCIDR: ADDRESSES.serviceCIDR });
    return { name: `node-${index}`, network, dataPlane };
  }

  async #startNode(node: HostedNode, flushUnreplied: (podIP: string) => Promise<void>): Promise<void> {
    const { name, network, dataPlane } = node;
    const env = { ...this.#env, log: this.#env.log.child({ node: name }) };
    const kubelet = new Kubelet(this.#client, {
      facts: machineFacts({ name, ip: network.ip, podCIDR: network.podCIDR }),
      tools: {
        env,
        client: this.#client,
        nodeName: name,
        nodeIP: network.ip,
        nodeNetworkPath: network.namespacePath,
        host: { network: localNetwork, files: localFiles(join(this.#options.folder, name)) },
        runtime: this.#runtime,
        images: this.#images,
        podNetwork: network.podNetwork,
        flushUnreplied,
        level: this.#options.level,
      },
    });
    this.#kubelets.set(name, kubelet);
    await new ServiceProxy(this.#client, { env, nodeName: name, dataPlane }).start();
    await kubelet.start();
  }
}
