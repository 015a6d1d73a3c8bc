import { spawnSync } from 'node:child_process';
import { createNetworkNamespace, inNetworkNamespace } from '../src/linux/namespaces.ts';
import { openMachineNetwork } from '../src/network/bridge/machine.ts';
import type { ProxyDataPlane, ServicePortRules } from '../src/network/proxy/dataplane.ts';
import { openNftablesDataPlane } from '../src/network/proxy/nftables/dataplane.ts';

/**
 * Time of one endpoint's change among many services, and of making a pod's network, beside the usual commands in the same
 * run where they are installed. Runs itself in namespaces of its own. Prints a table; milliseconds are medians.
 */
const INSIDE = 'SEGUE_BENCH_SANDBOX';
const SIZES = [10, 1000, 10_000];
const ROUNDS = 30;
const PODS = 40;

interface Row {
  readonly what: string;
  readonly ours: number;
  readonly peer: string;
  readonly theirs: number | undefined;
}

if (process.env[INSIDE]) print(measure());
else runInSandbox();

function runInSandbox(): void {
  const user = process.getuid?.() === 0 ? [] : ['--user', '--map-root-user'];
  const own = ['unshare', ...user, '--net', '--mount', '--pid', '--fork', '--kill-child', '--mount-proc'];
  const run = [process.execPath, import.meta.filename];
  const result = spawnSync('setpriv', ['--pdeathsig', 'KILL', ...own, ...run], {
    env: { ...process.env, [INSIDE]: '1' },
    stdio: 'inherit',
  });
  process.exitCode = result.status ?? 1;
}

function measure(): Row[] {
  return [...SIZES.map(endpointUpdate), podNetwork()];
}

function endpointUpdate(services: number): Row {
  const namespace = createNetworkNamespace();
  const addresses = { nodeIPs: ['172.30.0.11'], podCIDR: '10.244.1.0/24', serviceCIDR: '10.96.0.0/12' };
  const dataPlane = openNftablesDataPlane({ namespace, ...addresses });
  try {
    dataPlane.replace(new Map(Array.from({ length: services }, (_, index) => [`ns/s${index}`, [service(index, 3)]])));
    const ours = median(ROUNDS, (round) => changeOne(dataPlane, round));
    const nft = installed('nft', '--version');
    const theirs = nft ? inNetworkNamespace(namespace, () => median(5, changeOneByCommand)) : undefined;
    return { what: `one endpoint of ${services} services`, ours, peer: 'nft -f -', theirs };
  } finally {
    dataPlane.close();
    namespace.close();
  }
}

function changeOne(dataPlane: ProxyDataPlane, round: number): void {
  dataPlane.replace(new Map([['ns/s3', [service(3, 2 + (round % 2))]]]));
}

function changeOneByCommand(): void {
  const chain = 'ip segue service-ns/s3/tcp/80';
  command('nft', ['-f', '-'], `flush chain ${chain}\nadd rule ${chain} dnat to 10.244.2.2:8080\n`);
}

function podNetwork(): Row {
  using machine = openMachineNetwork();
  const node = machine.addNode(1);
  const ours = median(PODS, (pod) => void node.podNetwork.add(`pod-${pod}`));
  const theirs = installed('ip', '-V') ? median(5, addPodByCommands) : undefined;
  return { what: 'a pod network', ours, peer: 'ip, one call a step', theirs };
}

function addPodByCommands(round: number): void {
  const namespace = createNetworkNamespace();
  try {
    const [here, there] = [`bench${round}`, `peer${round}`];
    const ip = (...args: string[]) => command('ip', args);
    const inside = (...args: string[]) => command('nsenter', [`--net=${namespace.path}`, 'ip', ...args]);
    ip('link', 'add', here, 'type', 'veth', 'peer', 'name', there, 'netns', namespace.path);
    ip('link', 'set', here, 'up');
    inside('link', 'set', 'lo', 'up');
    inside('addr', 'add', `10.99.${round}.2/24`, 'dev', there);
    inside('link', 'set', there, 'up');
    inside('route', 'add', 'default', 'via', `10.99.${round}.1`);
  } finally {
    namespace.close();
  }
}

function service(index: number, endpoints: number): ServicePortRules {
  const to = Array.from({ length: endpoints }, (_, number) => ({ ip: `10.244.2.${number + 2}`, port: 8080 }));
  return {
    portName: 'main',
    protocol: 'TCP',
    port: 80,
    addresses: [`10.${96 + (index >> 16)}.${(index >> 8) & 255}.${index & 255}`],
    nodePort: undefined,
    endpoints: to,
    externalEndpoints: to,
    affinitySeconds: undefined,
  };
}

function command(name: string, args: readonly string[], input = ''): void {
  const result = spawnSync(name, args, { input, encoding: 'utf8' });
  if (result.status !== 0) throw new Error(`Cannot run ${name} ${args.join(' ')}: ${result.error ?? result.stderr}`);
}

function installed(name: string, versionFlag: string): boolean {
  return spawnSync(name, [versionFlag]).status === 0;
}

function median(rounds: number, run: (round: number) => void): number {
  const times = Array.from({ length: rounds }, (_, round) => {
    const start = performance.now();
    run(round);
    return performance.now() - start;
  });
  return times.sort((a, b) => a - b)[Math.floor(rounds / 2)]!;
}

function print(rows: readonly Row[]): void {
  console.log(`${'what'.padEnd(34)}${'ms'.padStart(9)}  beside`);
  for (const { what, ours, peer, theirs } of rows) {
    const beside =
      theirs === undefined
        ? `${peer}: not installed`
        : `${peer}: ${theirs.toFixed(2)} ms, ${(theirs / ours).toFixed(0)} x`;
    console.log(`${what.padEnd(34)}${ours.toFixed(2).padStart(9)}  ${beside}`);
  }
}
