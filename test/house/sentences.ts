import { imports } from './imports.ts';
import { type Token, tokens } from './tokens.ts';
import type { SourceFile, Violation } from './tree.ts';

const DECLARES = new Set(['test', 'it']);
const MARKS = new Set(['skip', 'only', 'todo']);
const TIMERS = new Set(['setTimeout', 'setInterval']);
const WAITS = new Set(['sleep', 'retry', 'eventually']);
const WORDS_MIN = 3;

/** What rule 9 forbids in tests: names that claim nothing, waiting for time to pass, trying again, tests left out, mocks. */
export function weakTests({ path, text }: SourceFile): Violation[] {
  const all = tokens(text);
  const found = all.flatMap((token, at) => {
    const message =
      token.kind === 'name' ? (nameProblem(all, at) ?? markProblem(all, at) ?? waitProblem(all, at)) : undefined;
    return message ? [{ path, line: token.line, message }] : [];
  });
  const timers = imports(text).filter(({ specifier }) => /^(node:)?timers(\/promises)?$/.test(specifier));
  return [
    ...found,
    ...timers.map(({ line }) => ({ path, line, message: 'imports timers: wait for a state, or move a FakeClock' })),
  ];
}

function nameProblem(all: readonly Token[], at: number): string | undefined {
  if (!declaresTest(all, at)) return undefined;
  const name = all[at + 2];
  if (name?.kind !== 'string' && name?.kind !== 'template') return undefined;
  const words = name.text.trim().split(/\s+/);
  if (words.length < WORDS_MIN) return `test name "${name.text}" is no sentence`;
  return /^(should\b|tests? (that|if|for|whether)\b|works$)/i.test(name.text)
    ? `test name "${name.text}" does not say what is so`
    : undefined;
}

function markProblem(all: readonly Token[], at: number): string | undefined {
  const { text } = all[at] as Token;
  if (text === 'mock' && /[,{]/.test(all[at - 1]?.text ?? '') && /[,}]/.test(all[at + 1]?.text ?? ''))
    return 'uses mock';
  if (!MARKS.has(text)) return undefined;
  const owner = all[at - 1]?.text === '.' ? (all[at - 2]?.text ?? '') : '';
  if (['test', 'it', 'describe', 'suite', 't', 'context'].includes(owner)) return `uses ${owner}.${text}`;
  const isOption = all[at + 1]?.text === ':' && optionsOfTest(all, at);
  return isOption ? `sets ${text} on a test` : undefined;
}

function waitProblem(all: readonly Token[], at: number): string | undefined {
  const { text } = all[at] as Token;
  const isMethod = ['.', '?.'].includes(all[at - 1]?.text ?? '');
  const isWait = TIMERS.has(text) || (WAITS.has(text) && all[at - 1]?.text === 'await');
  return isWait && all[at + 1]?.text === '(' && !isMethod
    ? `calls ${text}: wait for a state, or move a FakeClock`
    : undefined;
}

/** Whether the key at `at` stands in `test('…', { … })`. */
function optionsOfTest(all: readonly Token[], at: number): boolean {
  let open = at;
  while (open > 0 && all[open]?.text !== '{') open--;
  const call = open - 4;
  return all[open - 1]?.text === ',' && (declaresTest(all, call) || all[call]?.text === 'describe');
}

function declaresTest(all: readonly Token[], at: number): boolean {
  const { text } = all[at] ?? { text: '' };
  if (all[at + 1]?.text !== '(') return false;
  const before = all[at - 1]?.text;
  if (before === '.') return text === 'test' && ['t', 'context'].includes(all[at - 2]?.text ?? '');
  return DECLARES.has(text) && before !== 'function';
}
