import { readFile, writeFile } from 'node:fs/promises';
import process from 'node:process';
import { parse } from 'yaml';
import { formatScale } from '../../sim/scale/format.ts';
import { parseSize } from '../../sim/scale/population.ts';
import { measureScale, SCALE_DEFAULTS } from '../../sim/scale/scale.ts';
import { parseLag } from '../../sim/simulate/lag.ts';
import { APP_KINDS, type AppKind, type Setting } from '../../sim/simulate/setting.ts';
import { simulate as runSimulation } from '../../sim/simulate/simulate.ts';
import { drawSimulation } from '../../sim/simulate/svg.ts';
import { formatSimulation } from '../../sim/simulate/table.ts';
import { parseDuration, UsageError } from '../verify/load/options.ts';
import { SIMULATE_DEFAULTS, type SimulateOptions } from './simulateoptions.ts';

interface Where {
  readonly filename?: string;
  readonly svg?: string;
  readonly output?: 'text' | 'json';
  readonly scale?: string;
}

/** Where what is said goes. */
interface Output {
  out(text: string): unknown;
  err(text: string): unknown;
}

/** Options that a file may hold. */
const NAMES: readonly string[] = [...Object.keys(SIMULATE_DEFAULTS), 'grace'];

/** `segue simulate`: what each way to stop pods costs. Resolves with the exit code. */
export async function simulate(given: Partial<SimulateOptions> & Where, { out, err }: Output): Promise<number> {
  if (given.scale !== undefined) return scale(given.scale, { given, out, err });
  const inFile = given.filename === undefined ? {} : await optionsFile(given.filename);
  const { filename: _, svg, output, ...flags } = given;
  const simulation = await runSimulation(settingOf({ ...SIMULATE_DEFAULTS, ...inFile, ...flags }));
  if (svg !== undefined) await write(svg, drawSimulation(simulation));
  out(output === 'json' ? `${JSON.stringify(simulation, undefined, 2)}\n` : formatSimulation(simulation));
  return 0;
}

async function scale(size: string, { given, out, err }: { given: Partial<SimulateOptions> & Where } & Output) {
  const { filename: _, scale: __, output, ...others } = given;
  const [other] = Object.keys(others).filter((name) => name !== 'seed');
  if (other !== undefined) throw new UsageError(`Cannot use --${other} with --scale: need --seed and --output only`);
  const seed = given.seed === undefined ? SCALE_DEFAULTS.seed : whole('--seed', given.seed);
  const report = await measureScale({ ...SCALE_DEFAULTS, ...parseSize(size), seed }, (text) => err(`${text}\n`));
  out(output === 'json' ? `${JSON.stringify(report, undefined, 2)}\n` : formatScale(report));
  return 0;
}

function settingOf(options: SimulateOptions): Setting {
  return {
    nodes: whole('--nodes', options.nodes),
    replicas: whole('--replicas', options.replicas),
    surge: options.surge,
    unavailable: options.unavailable,
    readyMs: parseDuration('--ready', options.ready),
    stopMs: parseDuration('--stop', options.stop),
    app: oneOf<AppKind>('--app', options.app, APP_KINDS),
    lag: parseLag(options.lag),
    perSecond: whole('--rate', options.rate),
    graceMs: options.grace === undefined ? undefined : parseDuration('--grace', options.grace),
    release: oneOf<Setting['release']>('--release', options.release, ['Observed', 'Drained']),
    sleeps: options.sleeps.split(',').map((text) => whole('--sleeps', text.trim().replace(/s$/, ''))),
    seed: whole('--seed', options.seed),
    seeds: whole('--seeds', options.seeds),
  };
}

async function optionsFile(path: string): Promise<Partial<SimulateOptions>> {
  const values = await readOptions(path);
  if (values === null || typeof values !== 'object' || Array.isArray(values)) {
    throw new UsageError(`Cannot read ${path}: need options as "name: value", such as "replicas: 10"`);
  }
  const texts = Object.entries(values).map(([name, value]) => {
    if (!NAMES.includes(name)) {
      throw new UsageError(`Cannot read ${path}: there is no option ${name}, need ${NAMES.join(', ')}`);
    }
    return [name, Array.isArray(value) ? value.join(',') : String(value)];
  });
  return Object.fromEntries(texts);
}

async function readOptions(path: string): Promise<unknown> {
  try {
    return parse(path === '-' ? await standardInput() : await readFile(path, 'utf8'));
  } catch (error) {
    throw new UsageError(`Cannot read ${path}: ${(error as Error).message.split('\n')[0]}, need YAML or JSON`, {
      cause: error,
    });
  }
}

async function standardInput(): Promise<string> {
  let text = '';
  for await (const chunk of process.stdin.setEncoding('utf8')) text += chunk;
  return text;
}

async function write(path: string, content: string): Promise<void> {
  try {
    await writeFile(path, content);
  } catch (error) {
    throw new UsageError(`Cannot write ${path}: ${(error as Error).message}`, { cause: error });
  }
}

function whole(flag: string, text: string): number {
  if (!/^\d{1,9}$/.test(text)) throw new UsageError(`Cannot read ${flag} ${text}: need a whole number, 0 or more`);
  return Number(text);
}

function oneOf<T extends string>(flag: string, text: string, allowed: readonly T[]): T {
  const found = allowed.find((one) => one === text);
  if (found === undefined) throw new UsageError(`Cannot read ${flag} ${text}: need one of ${allowed.join(', ')}`);
  return found;
}
