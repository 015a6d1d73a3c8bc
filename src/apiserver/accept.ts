import { StatusError } from '../api/status.ts';

export type Format = 'json' | 'yaml';

/** What the client wants to read: a format, and perhaps the object rendered as another kind (`as`). */
export interface Accept {
  readonly format: Format;
  readonly as?: { readonly kind: string; readonly group: string; readonly version: string };
  readonly pretty?: boolean;
}

/** One thing an endpoint can render itself as, besides the plain object. */
export interface Rendering {
  readonly kind: string;
  readonly group: string;
  readonly version: string;
}

const FORMATS: Record<string, Format> = {
  'application/json': 'json',
  'application/yaml': 'yaml',
  'text/yaml': 'yaml',
  'application/*': 'json',
  '*/*': 'json',
};

const SUPPORTED = 'application/json, application/yaml';

/**
 * Picks the first media type of the header, by falling q, that can be served. Throws NotAcceptable when there is none.
 * RFC 9110 section 12.5.1, with Kubernetes' parameters `as`, `g` and `v`.
 */
export function negotiate(header: string | undefined, renderings: readonly Rendering[]): Accept {
  if (!header?.trim()) return { format: 'json' };
  for (const range of parseRanges(header)) {
    const format = FORMATS[range.type];
    if (!format) continue;
    const { as, g, v } = range.parameters;
    if (!as) return { format };
    const found = renderings.find((one) => one.kind === as && one.group === g && one.version === v);
    if (found) return { format, as: found };
  }
  const message = `only the following media types are accepted: ${SUPPORTED}`;
  throw new StatusError('NotAcceptable', message);
}

interface Range {
  readonly type: string;
  readonly parameters: Record<string, string>;
  readonly q: number;
}

function parseRanges(header: string): Range[] {
  return header
    .split(',')
    .map(parseRange)
    .filter((range) => range.q > 0)
    .sort((a, b) => b.q - a.q);
}

function parseRange(text: string): Range {
  const [type = '', ...rest] = text.split(';').map((part) => part.trim());
  const parameters: Record<string, string> = {};
  for (const part of rest) {
    const equals = part.indexOf('=');
    if (equals > 0) parameters[part.slice(0, equals).trim().toLowerCase()] = part.slice(equals + 1).trim();
  }
  const q = parameters['q'] === undefined ? 1 : Number(parameters['q']);
  return { type: type.toLowerCase(), parameters, q: Number.isFinite(q) ? q : 0 };
}
