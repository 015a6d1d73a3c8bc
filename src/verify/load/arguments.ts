import type { LoadOptions } from './options.ts';

/** The command line that `parseLoadOptions` reads as these options. Only the target is required; the rest has defaults. */
export function loadArguments(options: { readonly target: string } & Partial<Omit<LoadOptions, 'target'>>): string[] {
  const flags: [string, string | undefined][] = [
    ['--target', options.target],
    ['--rate', textOf(options.rate)],
    ['--duration', timeOf(options.durationMs)],
    ['--timeout', timeOf(options.timeoutMs)],
    ['--spacing', options.spacing],
    ['--seed', textOf(options.seed)],
    ['--connections', options.connections],
    ['--warm-up', timeOf(options.warmUpMs)],
    ['--ready-timeout', timeOf(options.readyTimeoutMs)],
    ['--method', options.method],
    ...(options.headers ?? []).map((line): [string, string] => ['--header', line]),
    ['--endpoint-header', options.endpointHeader],
  ];
  const given = flags.flatMap(([flag, value]) => (value === undefined ? [] : [flag, value]));
  return options.control ? [...given, '--control'] : given;
}

function textOf(value: number | undefined): string | undefined {
  return value === undefined ? undefined : String(value);
}

function timeOf(ms: number | undefined): string | undefined {
  return ms === undefined ? undefined : `${ms}ms`;
}
