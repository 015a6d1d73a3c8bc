/** A piece of TypeScript. `text` of strings and templates is what stands between the quotes, `${…}` of templates kept as `${}`. */
export interface Token {
  readonly kind: 'name' | 'string' | 'template' | 'number' | 'regex' | 'punct';
  readonly text: string;
  readonly line: number;
}

const BEFORE_REGEX = new Set([
  'return',
  'typeof',
  'case',
  'in',
  'of',
  'delete',
  'void',
  'throw',
  'new',
  'await',
  'yield',
  'else',
  'do',
]);
const PATTERNS: readonly [Token['kind'] | 'space', RegExp][] = [
  ['space', /\s+|\/\/[^\n]*|\/\*[\s\S]*?\*\/|^#![^\n]*/y],
  ['name', /#?[\p{ID_Start}$_][\p{ID_Continue}$]*/uy],
  ['number', /\d[\w.]*|\.\d\w*/y],
  ['string', /'(?:[^'\\\n]|\\[\s\S])*'|"(?:[^"\\\n]|\\[\s\S])*"/y],
  ['punct', /=>|\?\.(?!\d)|\.\.\.|[\s\S]/y],
];
const REGEX = /\/(?:[^/\\[\n]|\\.|\[(?:[^\]\\\n]|\\.)*\])+\/[a-z]*/y;

/** Splits TypeScript into tokens without comments. After a template come the tokens of its `${…}` parts, in order. */
export function tokens(text: string): Token[] {
  const out: Token[] = [];
  scan({ text, at: 0, line: 1, out }, () => false);
  return out;
}

interface Cursor {
  readonly text: string;
  at: number;
  line: number;
  readonly out: Token[];
}

function scan(cursor: Cursor, isEnd: (braces: number) => boolean): void {
  let braces = 0;
  while (cursor.at < cursor.text.length) {
    if (cursor.text[cursor.at] === '`') {
      template(cursor);
      continue;
    }
    const [kind, raw] = next(cursor);
    const { line } = cursor;
    if (raw === '}' && isEnd(braces)) return;
    advance(cursor, raw);
    if (kind === 'space') continue;
    if (raw === '{') braces++;
    if (raw === '}') braces--;
    cursor.out.push({ kind, text: kind === 'string' ? raw.slice(1, -1) : raw, line });
  }
}

function next(cursor: Cursor): [Token['kind'] | 'space', string] {
  if (
    cursor.text[cursor.at] === '/' &&
    !/[/*]/.test(cursor.text[cursor.at + 1] ?? '') &&
    startsRegex(cursor.out.at(-1))
  ) {
    const raw = match(REGEX, cursor);
    if (raw) return ['regex', raw];
  }
  for (const [kind, pattern] of PATTERNS) {
    const raw = match(pattern, cursor);
    if (raw) return [kind, raw];
  }
  throw new Error(`Cannot read TypeScript at line ${cursor.line}`);
}

function startsRegex(previous: Token | undefined): boolean {
  if (!previous) return true;
  if (previous.kind === 'name') return BEFORE_REGEX.has(previous.text);
  return previous.kind === 'punct' && ![')', ']', '}'].includes(previous.text);
}

function template(cursor: Cursor): void {
  const { line, out } = cursor;
  const inner: Token[] = [];
  let text = '';
  advance(cursor, '`');
  while (cursor.text[cursor.at] !== '`') {
    const raw = match(/\$\{|\\[\s\S]|[^`\\$]+|\$/y, cursor);
    if (!raw) throw new Error(`Cannot read the template of line ${line}: it does not end`);
    advance(cursor, raw);
    text += raw;
    if (raw !== '${') continue;
    const part: Cursor = { text: cursor.text, at: cursor.at, line: cursor.line, out: inner };
    scan(part, (braces) => braces === 0);
    Object.assign(cursor, { at: part.at, line: part.line });
    advance(cursor, '}');
    text += '}';
  }
  advance(cursor, '`');
  out.push({ kind: 'template', text, line }, ...inner);
}

function match(pattern: RegExp, cursor: Cursor): string | undefined {
  pattern.lastIndex = cursor.at;
  return pattern.exec(cursor.text)?.[0];
}

function advance(cursor: Cursor, raw: string): void {
  cursor.at += raw.length;
  for (const letter of raw) if (letter === '\n') cursor.line++;
}
