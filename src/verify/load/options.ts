import { parseArgs } from 'node:util';
import type { LoadPlan } from './load.ts';

/** The command line of the load generator does not say what to do. The text says what is needed. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

export interface LoadOptions extends LoadPlan {
  readonly target: URL;
  readonly method: string;
  readonly headers: readonly string[];
  readonly endpointHeader: string;
  /** Seed of the arrivals; absent for chance. */
  readonly seed: number | undefined;
  /** Begin, and stop, by lines on standard input. */
  readonly control: boolean;
}

export const LOAD_USAGE = `Usage: main.ts --target http://ADDRESS:PORT/PATH [options]
  --rate N              requests a second, whatever the answers do (100)
  --duration TIME       how long requests are due, e.g. 20s, 500ms, 2m (10s)
  --timeout TIME        when a request counts as timed out, from when it was due (10s)
  --spacing WAY         even or poisson (even)
  --seed N              the same poisson arrivals each time
  --connections WAY     new (one for each request) or keep-alive (new)
  --warm-up TIME        load before the load that is counted (0s)
  --ready-timeout TIME  how long the target may take to answer for the first time (30s)
  --method NAME         (GET)
  --header 'NAME: V'    may be given several times
  --endpoint-header N   header of the answer that says who gave it (x-pod)
  --control             begin at the line "start" on standard input; stop at "stop" or at its end`;

const FLAGS = {
  target: { type: 'string' },
  rate: { type: 'string', default: '100' },
  duration: { type: 'string', default: '10s' },
  timeout: { type: 'string', default: '10s' },
  spacing: { type: 'string', default: 'even' },
  seed: { type: 'string' },
  connections: { type: 'string', default: 'new' },
  'warm-up': { type: 'string', default: '0s' },
  'ready-timeout': { type: 'string', default: '30s' },
  method: { type: 'string', default: 'GET' },
  header: { type: 'string', multiple: true },
  'endpoint-header': { type: 'string', default: 'x-pod' },
  control: { type: 'boolean', default: false },
} as const;

/** Reads the arguments of the load generator. Throws `UsageError`. */
export function parseLoadOptions(args: readonly string[]): LoadOptions {
  const values = parse(args);
  return {
    target: parseTarget(values.target),
    rate: parseNumber('--rate', values.rate, 0.001),
    durationMs: parseDuration('--duration', values.duration),
    timeoutMs: parseDuration('--timeout', values.timeout),
    spacing: oneOf('--spacing', values.spacing, ['even', 'poisson']),
    seed: values.seed === undefined ? undefined : parseNumber('--seed', values.seed, 0),
    connections: oneOf('--connections', values.connections, ['new', 'keep-alive']),
    warmUpMs: parseDuration('--warm-up', values['warm-up']),
    readyTimeoutMs: parseDuration('--ready-timeout', values['ready-timeout']),
    method: matching('--method', values.method, { pattern: /^[A-Z]+$/, need: 'a name in capitals' }),
    headers: (values.header ?? []).map((line) =>
      matching('--header', line, { pattern: /^[\w-]+: ?[^\r\n]*$/, need: "'name: value'" }),
    ),
    endpointHeader: values['endpoint-header'],
    control: values.control,
  };
}

/** Milliseconds of `20s`, `500ms`, `2m` or `1m30s`. Throws `UsageError`. */
export function parseDuration(flag: string, text: string): number {
  const match = /^(?:(\d+(?:\.\d+)?)m)?(?:(\d+(?:\.\d+)?)s)?(?:(\d+(?:\.\d+)?)ms)?$/.exec(text);
  if (!match || text === '') throw new UsageError(`Cannot read ${flag} ${text}: need a time such as 20s or 500ms`);
  return Number(match[1] ?? 0) * 60_000 + Number(match[2] ?? 0) * 1000 + Number(match[3] ?? 0);
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({ args: [...args], options: FLAGS, strict: true }).values;
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error), { cause: error });
  }
}

function parseTarget(text: string | undefined): URL {
  if (text === undefined) throw new UsageError('Cannot load nothing: need --target http://ADDRESS:PORT/PATH');
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url?.protocol !== 'http:') throw new UsageError(`Cannot load ${text}: need a URL that begins with http://`);
  return url;
}

function parseNumber(flag: string, text: string, least: number): number {
  const value = Number(text);
  if (text.trim() === '' || !Number.isFinite(value) || value < least) {
    throw new UsageError(`Cannot read ${flag} ${text}: need a number of at least ${least}`);
  }
  return value;
}

function oneOf<T extends string>(flag: string, text: string, allowed: readonly T[]): T {
  const found = allowed.find((value) => value === text);
  if (found === undefined) throw new UsageError(`Cannot read ${flag} ${text}: need ${allowed.join(' or ')}`);
  return found;
}

function matching(flag: string, text: string, rule: { pattern: RegExp; need: string }): string {
  if (!rule.pattern.test(text)) throw new UsageError(`Cannot read ${flag} ${text}: need ${rule.need}`);
  return text;
}
