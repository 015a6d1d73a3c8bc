import { createHash, randomBytes } from 'node:crypto';

/** A random value that carries its own hash, so that half of one is never taken for a whole. */
export function sealedValue(bytes: number): { hash: string; value: string } {
  const text = randomBytes(bytes).toString('base64');
  const hash = sha(text);
  return { hash, value: `${hash} ${text}` };
}

/** The hash of a sealed value, or undefined when the value is not whole. */
export function hashOf(value: string): string | undefined {
  const hash = value.slice(0, 64);
  return value[64] === ' ' && sha(value.slice(65)) === hash ? hash : undefined;
}

function sha(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
