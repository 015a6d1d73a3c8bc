/**
 * Resource quantities (`k8s.io/apimachinery/pkg/api/resource`): exact numbers with a suffix, such as `250m`, `1.5Gi`,
 * `2e3`. Kept as a whole number of nano-units, the finest step there is; finer ones are rounded up.
 */
export interface Quantity {
  readonly nano: bigint;
  readonly format: QuantityFormat;
}

/** Which family of suffixes the canonical form uses. */
export type QuantityFormat = 'DecimalSI' | 'BinarySI' | 'DecimalExponent';

/** `text` is not a quantity. */
export class QuantityError extends Error {
  override readonly name = 'QuantityError';
}

const NANO = 1_000_000_000n;
const PATTERN = /^([+-]?)(\d+(?:\.\d*)?|\.\d+)(?:([eE][+-]?\d+)|([numkMGTPE]?)|([KMGTPE]i))$/;
const DECIMAL_POWERS: Record<string, number> = { n: -9, u: -6, m: -3, '': 0, k: 3, M: 6, G: 9, T: 12, P: 15, E: 18 };
const BINARY_POWERS: Record<string, number> = { Ki: 10, Mi: 20, Gi: 30, Ti: 40, Pi: 50, Ei: 60 };
const DECIMAL_SUFFIXES = new Map(Object.entries(DECIMAL_POWERS).map(([suffix, power]) => [power, suffix]));
// Exponents beyond these hold no quantity anybody has; the limits keep a short text from making a huge number.
const EXPONENT_MAX = 36;
const TEXT_MAX = 64;

/** Parses `text`; throws `QuantityError` with the message Kubernetes gives. Numbers are taken as their decimal text. */
export function parseQuantity(text: string | number): Quantity {
  const source = String(text);
  const match = source.length <= TEXT_MAX ? PATTERN.exec(source) : null;
  if (!match) {
    throw new QuantityError(
      "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'",
    );
  }
  const [, sign, digits = '', exponent, decimal, binary] = match;
  const magnitude = nanoOf(digits, exponent ? Number(exponent.slice(1)) : DECIMAL_POWERS[decimal ?? ''], binary);
  const format = binary ? 'BinarySI' : exponent ? 'DecimalExponent' : 'DecimalSI';
  return { nano: sign === '-' ? -magnitude : magnitude, format };
}

/** The canonical text: no fraction, the largest suffix that keeps it exact. */
export function formatQuantity(quantity: Quantity): string {
  if (quantity.nano === 0n) return '0';
  const small = abs(quantity.nano) < 1024n * NANO;
  if (quantity.format === 'BinarySI' && !small && quantity.nano % NANO === 0n) return binaryText(quantity.nano / NANO);
  return decimalText(quantity.nano, quantity.format);
}

/** Negative, zero or positive as `a` is less than, equal to or greater than `b`. */
export function compareQuantities(a: Quantity, b: Quantity): number {
  return a.nano < b.nano ? -1 : a.nano > b.nano ? 1 : 0;
}

/** The sum, in the format of the first that is not zero. */
export function addQuantities(a: Quantity, b: Quantity): Quantity {
  return { nano: a.nano + b.nano, format: a.nano === 0n ? b.format : a.format };
}

export function subtractQuantities(a: Quantity, b: Quantity): Quantity {
  return { nano: a.nano - b.nano, format: a.nano === 0n ? b.format : a.format };
}

/** Whole units, rounded away from zero, as Kubernetes' `Value()`. Bytes of memory, for one. */
export function wholeUnits(quantity: Quantity): number {
  return Number(divideUp(quantity.nano, NANO));
}

/** Thousandths, rounded away from zero, as Kubernetes' `MilliValue()`. CPU, for one. */
export function milliUnits(quantity: Quantity): number {
  return Number(divideUp(quantity.nano, 1_000_000n));
}

/** The quantity rounded away from zero to thousandths: the finest step of resources in a container. */
export function roundToMilli(quantity: Quantity): Quantity {
  return { ...quantity, nano: divideUp(quantity.nano, 1_000_000n) * 1_000_000n };
}

function nanoOf(digits: string, power: number | undefined, binary: string | undefined): bigint {
  const [whole = '', fraction = ''] = digits.split('.');
  const scale = (binary ? 0 : (power ?? 0)) + 9 - fraction.length;
  if (Math.abs(scale) > EXPONENT_MAX + TEXT_MAX) {
    throw new QuantityError("unable to parse quantity's suffix");
  }
  const number = BigInt(`0${whole}${fraction}`) << BigInt(binary ? (BINARY_POWERS[binary] ?? 0) : 0);
  return scale >= 0 ? number * 10n ** BigInt(scale) : divideUp(number, 10n ** BigInt(-scale));
}

function binaryText(units: bigint): string {
  let number = units;
  let suffix = '';
  for (const next of Object.keys(BINARY_POWERS)) {
    if (number % 1024n !== 0n) break;
    number /= 1024n;
    suffix = next;
  }
  return `${number}${suffix}`;
}

function decimalText(nano: bigint, format: QuantityFormat): string {
  let number = nano;
  let power = -9;
  while (number % 1000n === 0n && (format === 'DecimalExponent' || power < 18)) {
    number /= 1000n;
    power += 3;
  }
  if (format === 'DecimalExponent') return power === 0 ? `${number}` : `${number}e${power}`;
  return `${number}${DECIMAL_SUFFIXES.get(power) ?? ''}`;
}

function divideUp(value: bigint, by: bigint): bigint {
  const quotient = value / by;
  if (value % by === 0n) return quotient;
  return value > 0n ? quotient + 1n : quotient - 1n;
}

function abs(value: bigint): bigint {
  return value < 0n ? -value : value;
}
