import { imports } from './imports.ts';
import { type Token, tokens } from './tokens.ts';
import { isTest, type SourceFile, type Violation } from './tree.ts';

/** Where the platform's own time, chance and process may be named: STYLE.md, rule 1. */
const ALLOWED = [
  /^src\/(base|linux|cluster|cli)\//,
  /^src\/store\/sqlite\//,
  /^src\/runtime\/process\//,
  /^src\/kubelet\/local\//,
  /^src\/network\/bridge\//,
  /^src\/network\/(.+\/)?nftables\//,
  /^src\/.+\/main\.ts$/, // what a process of its own starts with
  /^(scripts|examples)\//,
];
const NAMES = new Set(['setTimeout', 'setInterval', 'setImmediate', 'randomUUID', 'process']);
const MEMBERS = new Set(['Date.now', 'Math.random', 'performance.now', 'crypto.randomUUID', 'crypto.getRandomValues']);
const MODULES = /^(node:)?(process|timers|timers\/promises|perf_hooks)$/;

/** Uses of the platform's own time, chance and process where they must come in through `Env`. */
export function hiddenInputs(files: readonly SourceFile[]): Violation[] {
  return files.filter(({ path }) => !isTest(path) && !ALLOWED.some((allowed) => allowed.test(path))).flatMap(usesIn);
}

function usesIn({ path, text }: SourceFile): Violation[] {
  const all = tokens(text);
  const used = all.flatMap((token, at) => {
    const name = usedAt(all, at);
    return name ? [{ path, line: token.line, message: `uses ${name}: take it from Env` }] : [];
  });
  const modules = imports(text).filter(({ specifier }) => MODULES.test(specifier));
  return [
    ...used,
    ...modules.map(({ specifier, line }) => ({ path, line, message: `imports ${specifier}: take it from Env` })),
  ];
}

function usedAt(all: readonly Token[], at: number): string | undefined {
  const token = all[at];
  if (token?.kind !== 'name') return undefined;
  const [before, after, second] = [all[at - 1]?.text, all[at + 1]?.text, all[at + 2]?.text];
  const isMember = before === '.' || before === '?.';
  if (isMember && !['globalThis', 'global'].includes(all[at - 2]?.text ?? '')) return undefined;
  const member = `${token.text}.${second}`;
  if ((after === '.' || after === '?.') && MEMBERS.has(member)) return member;
  if (token.text === 'Date' && before === 'new' && (after !== '(' || second === ')')) return 'new Date()';
  if (token.text === 'Date' && before !== 'new' && after === '(') return 'Date()';
  const isKey = after === ':' || (after === '?' && second === ':');
  return NAMES.has(token.text) && !isKey ? token.text : undefined;
}
