import type { ScalarNode } from './node.ts';

/**
 * What Kubernetes' decoder says of a scalar it cannot read. `mismatch`: the JSON type does not fit Go's type, to be told
 * with the field it stands in. `message`: a whole message, of a type that reads itself and does not know its field.
 */
export type ScalarProblem = { readonly mismatch: string } | { readonly message: string };

const QUANTITY = /^[+-]?(\d+\.?\d*|\.\d+)([numkMGTPE]|[KMGTPE]i|[eE][+-]?\d+)?$/;
const QUANTITY_SHAPE = /^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$/;
const GO_DURATION = /^[+-]?(0|((\d+\.?\d*|\.\d+)(ns|us|µs|μs|ms|s|m|h))+)$/;

/** The problem of `value`, which is neither null nor undefined, or undefined when it fits. */
export function scalarProblem(node: ScalarNode, value: unknown): ScalarProblem | undefined {
  switch (node.kind) {
    case 'string':
      return typeof value === 'string' ? undefined : mismatch(value);
    case 'boolean':
      return typeof value === 'boolean' ? undefined : mismatch(value);
    case 'int32':
      return isInt32(value) ? undefined : mismatch(value, true);
    case 'int64':
      return Number.isInteger(value) ? undefined : mismatch(value, true);
    case 'number':
      return typeof value === 'number' ? undefined : mismatch(value);
    case 'bytes':
      return typeof value === 'string' ? base64Problem(value) : mismatch(value);
    case 'quantity':
      return quantityProblem(value);
    case 'intOrString':
      return typeof value === 'string' || isInt32(value) ? undefined : goValue(value, 'int32');
    case 'time':
      return typeof value === 'string' ? timeProblem(value, SECONDS) : goValue(value, 'string');
    case 'microTime':
      return typeof value === 'string' ? timeProblem(value, MICROSECONDS) : goValue(value, 'string');
    case 'duration':
      return typeof value === 'string' ? durationProblem(value) : goValue(value, 'string');
  }
}

/** What Go's decoder calls a JSON value; numbers that do not fit are named themselves. */
export function jsonWord(value: unknown, withNumber = false): string {
  if (Array.isArray(value)) return 'array';
  if (typeof value === 'number') return withNumber ? `number ${value}` : 'number';
  return typeof value === 'boolean' ? 'bool' : typeof value;
}

function mismatch(value: unknown, withNumber = false): ScalarProblem {
  return { mismatch: jsonWord(value, withNumber) };
}

function goValue(value: unknown, goType: string): ScalarProblem {
  return { message: `json: cannot unmarshal ${jsonWord(value, goType === 'int32')} into Go value of type ${goType}` };
}

function isInt32(value: unknown): boolean {
  return typeof value === 'number' && (value | 0) === value;
}

function quantityProblem(value: unknown): ScalarProblem | undefined {
  const text = typeof value === 'number' ? String(value) : value;
  if (typeof text === 'string' && QUANTITY.test(text)) return undefined;
  const shaped = typeof text === 'string' && QUANTITY_SHAPE.test(text);
  return {
    message: shaped
      ? "unable to parse quantity's suffix"
      : "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'",
  };
}

function base64Problem(value: string): ScalarProblem | undefined {
  const text = value.replace(/[\r\n]/g, '');
  if (text.length % 4 === 0 && /^[A-Za-z0-9+/]*={0,2}$/.test(text)) return undefined;
  const bad = text.search(/[^A-Za-z0-9+/]/);
  return { message: `illegal base64 data at input byte ${bad < 0 ? text.length - (text.length % 4) : bad}` };
}

function durationProblem(value: string): ScalarProblem | undefined {
  return GO_DURATION.test(value) ? undefined : { message: `time: invalid duration ${JSON.stringify(value)}` };
}

type Layout = readonly (readonly [token: string, pattern: RegExp])[];

const CLOCK: Layout = [
  ['2006', /^\d{4}/],
  ['-', /^-/],
  ['01', /^(0[1-9]|1[0-2])/],
  ['-', /^-/],
  ['02', /^(0[1-9]|[12]\d|3[01])/],
  ['T', /^T/],
  ['15', /^([01]\d|2[0-3])/],
  [':', /^:/],
  ['04', /^[0-5]\d/],
  [':', /^:/],
];
const ZONE: Layout = [['Z07:00', /^(Z|[+-]\d\d:\d\d)/]];
const SECONDS: Layout = [...CLOCK, ['05', /^[0-5]\d([.,]\d+)?/], ...ZONE];
const MICROSECONDS: Layout = [...CLOCK, ['05', /^[0-5]\d/], ['.000000', /^[.,]\d{6}/], ...ZONE];

/** Follows `layout` as Go's time.Parse does and names the first part that does not fit. */
function timeProblem(value: string, layout: Layout): ScalarProblem | undefined {
  let rest = value;
  const whole = layout.map(([token]) => token).join('');
  const failure = (why: string) => ({ message: `parsing time ${JSON.stringify(value)} as "${whole}": ${why}` });
  for (const [token, pattern] of layout) {
    const found = pattern.exec(rest);
    if (!found) return failure(`cannot parse ${JSON.stringify(rest)} as "${token}"`);
    rest = rest.slice(found[0].length);
  }
  return rest === '' ? undefined : failure(`extra text: ${JSON.stringify(rest)}`);
}
