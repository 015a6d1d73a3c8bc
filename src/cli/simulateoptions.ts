import { type Command, Option } from 'commander';

/** As they come from the command line and from a file: text. */
export interface SimulateOptions {
  readonly nodes: string;
  readonly replicas: string;
  readonly surge: string;
  readonly unavailable: string;
  readonly ready: string;
  readonly stop: string;
  readonly app: string;
  readonly lag: string;
  readonly rate: string;
  readonly grace?: string;
  readonly release: string;
  readonly sleeps: string;
  readonly seed: string;
  readonly seeds: string;
}

/** What stands where nothing is said: Kubernetes' own defaults for the rollout, and a cluster of middling size. */
export const SIMULATE_DEFAULTS: SimulateOptions = {
  nodes: '3',
  replicas: '10',
  surge: '25%',
  unavailable: '25%',
  ready: '2s',
  stop: '20s',
  app: 'finishes',
  lag: '50ms..2s',
  rate: '100',
  release: 'Observed',
  sleeps: '0,5,10,15,30,60',
  seed: '1',
  seeds: '3',
};

/** What `run` is handed: only what was said, so that a file's values stand below it. */
type Said = Partial<SimulateOptions> & {
  filename?: string;
  svg?: string;
  output?: 'text' | 'json';
  scale?: string;
};

/** Adds the command `simulate`. */
export function simulateCommand(program: Command, run: (options: Said) => Promise<void>): void {
  const defaults = SIMULATE_DEFAULTS;
  const command = program
    .command('simulate')
    .description('compare preStop sleeps and the gate in a simulated cluster: requests lost, time, surplus pods')
    .option('-f, --filename <path>', 'YAML or JSON file of these options; - is standard input')
    .option('--nodes <count>', 'how many nodes', defaults.nodes)
    .option('--replicas <count>', 'pods of the Deployment', defaults.replicas)
    .option('--surge <count>', 'maxSurge: pods, or a share of the replicas', defaults.surge)
    .option('--unavailable <count>', 'maxUnavailable: pods, or a share of the replicas', defaults.unavailable)
    .option('--ready <time>', 'from the start of a pod until it is ready', defaults.ready)
    .option('--stop <time>', 'from SIGTERM until the application exits', defaults.stop)
    .option('--app <kind>', 'at SIGTERM it closes all connections, finishes accepted ones, or serves on', defaults.app)
    .option('--lag <delay>', 'how late routers learn: 100ms, 50ms..2s or normal(1s,300ms)', defaults.lag)
    .option('--rate <requests>', 'requests a second, each on a connection of its own', defaults.rate)
    .option('--grace <time>', 'grace period; as long as sleep and stop need when absent')
    .option('--release <level>', 'what the gate waits for: Observed, or also Drained', defaults.release)
    .option('--sleeps <seconds>', 'preStop sleeps to compare with the gate', defaults.sleeps)
    .option('--seed <number>', 'the first seed: the same gives the same result', defaults.seed)
    .option('--seeds <count>', 'how many seeds to average over', defaults.seeds)
    .option('--scale <size>', 'instead: what one release costs in a cluster of NODESxPODS, such as 5000x150000')
    .option('--svg <file>', 'draw the pods over time into this file')
    .addOption(new Option('-o, --output <format>').choices(['text', 'json']).default('text'));
  command.action(() => run(said(command)));
}

function said(command: Command): Said {
  const values = Object.entries(command.opts());
  return Object.fromEntries(values.filter(([name]) => command.getOptionValueSource(name) !== 'default'));
}
