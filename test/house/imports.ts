import { posix } from 'node:path';
import { type Token, tokens } from './tokens.ts';

export interface Import {
  readonly specifier: string;
  readonly line: number;
  readonly form: 'import' | 'dynamic' | 'reexport' | 'reexport all';
}

/** Every module that a file names: imports, type imports, side effects, `import()` as value and type, and re-exports. */
export function imports(text: string): Import[] {
  const all = tokens(text);
  return all.flatMap((token, at) => {
    if (token.kind !== 'name' || ['.', '?.'].includes(all[at - 1]?.text ?? '')) return [];
    if (token.text === 'import') return importAt(all, at);
    if (token.text === 'export') return reexportAt(all, at);
    return [];
  });
}

/** The project path that a relative import leads to, undefined for packages and Node's own modules. */
export function targetOf(path: string, { specifier }: Import): string | undefined {
  return specifier.startsWith('.') ? posix.join(posix.dirname(path), specifier) : undefined;
}

function importAt(all: readonly Token[], at: number): Import[] {
  const [after, second] = [all[at + 1], all[at + 2]];
  const line = all[at]?.line ?? 0;
  if (after?.kind === 'string') return [{ specifier: after.text, line, form: 'import' }];
  if (after?.text === '(') return second?.kind === 'string' ? [{ specifier: second.text, line, form: 'dynamic' }] : [];
  if (after?.text !== '{' && after?.text !== '*' && after?.kind !== 'name') return [];
  const specifier = fromAfter(all, at + 1);
  return specifier === undefined ? [] : [{ specifier, line, form: 'import' }];
}

function reexportAt(all: readonly Token[], at: number): Import[] {
  const first = all[at + 1]?.text === 'type' ? at + 2 : at + 1;
  const mark = all[first]?.text;
  if (mark !== '*' && mark !== '{') return [];
  const end = mark === '{' ? all.findIndex((token, index) => index > first && token.text === '}') + 1 : first;
  const isReexport = mark === '*' || all[end]?.text === 'from';
  const specifier = isReexport ? fromAfter(all, end) : undefined;
  if (specifier === undefined) return [];
  return [{ specifier, line: all[at]?.line ?? 0, form: mark === '*' ? 'reexport all' : 'reexport' }];
}

function fromAfter(all: readonly Token[], start: number): string | undefined {
  for (let at = start; at < all.length && all[at]?.text !== ';'; at++) {
    if (all[at]?.text === 'from' && all[at + 1]?.kind === 'string') return all[at + 1]?.text;
  }
  return undefined;
}
