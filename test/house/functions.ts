import { type Token, tokens } from './tokens.ts';

export interface FunctionSpan {
  readonly name: string;
  readonly line: number;
  /** Lines from the opening brace of the body to its closing one. */
  readonly length: number;
  /** Whether the body calls `test`, `it` or `describe`: a list of tests, not an algorithm. */
  readonly declaresTests: boolean;
}

const NOT_METHODS = new Set(['if', 'for', 'while', 'switch', 'catch', 'with', 'await', 'return', 'function']);
const DECLARATIONS = new Set(['test', 'it', 'describe', 'suite']);
/** After one of these a `{` opens a type, not the body. */
const TYPE_GOES_ON = new Set([':', '|', '&', '=>', '<', ',', '(', '[', '?', 'is', 'extends', 'keyof', 'readonly']);

/** Every function, method and arrow function with a body in braces. */
export function functions(text: string): FunctionSpan[] {
  const all = tokens(text);
  return all.flatMap((token, at) => {
    const body = bodyAt(all, at);
    if (!body) return [];
    const end = closing(all, body.at);
    const inside = all.slice(body.at, end);
    const declaresTests = inside.some(
      (other, index) => DECLARATIONS.has(other.text) && /[(.]/.test(inside[index + 1]?.text ?? ''),
    );
    const length = (all[end]?.line ?? 0) - (all[body.at]?.line ?? 0) + 1;
    return [{ name: body.name, line: token.line, length, declaresTests }];
  });
}

function bodyAt(all: readonly Token[], at: number): { at: number; name: string } | undefined {
  if (all[at]?.text === '=>' && all[at + 1]?.text === '{') return { at: at + 1, name: arrowName(all, at) };
  if (all[at]?.text !== '(') return undefined;
  const name = calleeBefore(all, at);
  if (name === undefined) return undefined;
  const body = bodyAfterParameters(all, closing(all, at) + 1);
  return body === undefined ? undefined : { at: body, name };
}

/** The name of the function or method whose parameters open at `at`; undefined for what cannot be one. */
function calleeBefore(all: readonly Token[], at: number): string | undefined {
  let before = at - 1;
  if (all[before]?.text === '>') before = opening(all, before, ['<', '>']) - 1;
  const token = all[before];
  if (!token || token.text === '=>') return undefined;
  if (token.text === 'function' || token.text === '*') return '(anonymous)';
  if (token.text === ']') return '[computed]';
  if (token.kind !== 'name' && token.kind !== 'string') return undefined;
  return NOT_METHODS.has(token.text) || ['.', '?.', 'new'].includes(all[before - 1]?.text ?? '')
    ? undefined
    : token.text;
}

function bodyAfterParameters(all: readonly Token[], start: number): number | undefined {
  if (all[start]?.text === '{') return start;
  if (all[start]?.text !== ':') return undefined;
  for (let at = start + 1; at < all.length; at++) {
    const { text } = all[at] as Token;
    if (text === '{' && !TYPE_GOES_ON.has(all[at - 1]?.text ?? '')) return at;
    if (text === '{' || text === '(' || text === '[') at = closing(all, at);
    else if ([';', '}', ')', ']', '='].includes(text)) return undefined;
  }
  return undefined;
}

/** What the arrow function is assigned to, as far as the tokens before it tell. */
function arrowName(all: readonly Token[], at: number): string {
  for (let before = at - 1; before > Math.max(0, at - 40); before--) {
    const text = all[before]?.text ?? '';
    if (text === ';' || text === '{' || text === '}') break;
    if ((text === '=' || text === ':') && all[before - 1]?.kind === 'name' && all[before + 1]?.text !== '=') {
      const start = all[before + 1]?.text ?? '';
      if (start === '(' || start === 'async') return all[before - 1]?.text ?? '';
    }
  }
  return '(arrow)';
}

function closing(all: readonly Token[], open: number): number {
  let depth = 0;
  for (let at = open; at < all.length; at++) {
    const { kind, text } = all[at] as Token;
    if (kind !== 'punct') continue;
    if (text === '{' || text === '(' || text === '[') depth++;
    if (text === '}' || text === ')' || text === ']') depth--;
    if (depth === 0) return at;
  }
  return all.length - 1;
}

function opening(all: readonly Token[], close: number, [open, shut]: [string, string]): number {
  let depth = 0;
  for (let at = close; at >= 0; at--) {
    if (all[at]?.text === shut) depth++;
    if (all[at]?.text === open) depth--;
    if (depth === 0) return at;
  }
  return 0;
}
