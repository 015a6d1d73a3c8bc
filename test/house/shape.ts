import { posix } from 'node:path';
import { imports } from './imports.ts';
import { tokens } from './tokens.ts';
import { isTest, type SourceFile, type Violation } from './tree.ts';

const FILE_NAME = /^[a-z0-9]+(-[a-z0-9]+)*(\.[a-z]+)*\.ts$/;
/** Drawers: a file called so holds what nobody found a place for. */
const DRAWER = /^(index|utils?|helpers?|common|misc|shared|stuff|lib)\./;
const DECLARES = new Set(['function', 'class', 'const', 'let', 'interface', 'type']);
const MODIFIERS = new Set(['async', 'abstract', 'declare', '*']);
/** node:test loads a reporter by its default export and in no other way. */
const DEFAULT_EXPORTS = new Set(['scripts/testreporter.ts']);
/** Object types stand by API group, as Kubernetes' own packages do. */
const MANY_THINGS = /^src\/api\/types\//;

/** Default exports, barrels and re-exports, `any` without a reason, and comments that silence the compiler. */
export function forbiddenForms({ path, text }: SourceFile): Violation[] {
  const found: Violation[] = [];
  const all = tokens(text);
  for (const [at, token] of all.entries()) {
    const [before, after] = [all[at - 1]?.text ?? '', all[at + 1]?.text ?? ''];
    if (token.kind !== 'name' || before === '.' || before === '?.') continue;
    const isAny = token.text === 'any' && after !== ':' && after !== '(' && after !== '.';
    if (isAny && !isExplained(text, token.line))
      found.push({ path, line: token.line, message: 'uses any: name the type, or unknown' });
    const isDefault = token.text === 'export' && after === 'default' && !DEFAULT_EXPORTS.has(path);
    if (isDefault) found.push({ path, line: token.line, message: 'has a default export: export it by its name' });
  }
  for (const { form, line, specifier } of imports(text)) {
    if (form !== 'import' && form !== 'dynamic') {
      found.push({ path, line, message: `re-exports ${specifier}: import the file that has the thing` });
    }
  }
  const silenced = /@ts-(ignore|expect-error|nocheck)\b/.exec(stripStrings(text));
  if (silenced) found.push({ path, message: `silences the compiler with ${silenced[0]}` });
  return found;
}

/** File names, files named after what they export, tests beside what they test. */
export function misnamed(files: readonly SourceFile[]): Violation[] {
  const paths = new Set(files.map(({ path }) => path));
  return files.flatMap(({ path, text }) => {
    const name = posix.basename(path);
    if (!FILE_NAME.test(name)) return [{ path, message: 'is not named in lower case, with dashes at most' }];
    if (DRAWER.test(name)) return [{ path, message: 'is a drawer: name it after what it exports' }];
    if (!path.startsWith('src/')) return [];
    const subject = path.replace(/\.test\.ts$/, '');
    if (subject !== path && !paths.has(`${subject}.ts`) && !paths.has(`${subject}.suite.ts`)) {
      return [{ path, message: `stands beside no ${posix.basename(subject)}.ts that it tests` }];
    }
    const exported = exportedNames(text);
    const isFree = isTest(path) || exported.length === 0 || MANY_THINGS.test(path);
    return isFree || isNamedAfter(path, exported)
      ? []
      : [{ path, message: `is not named after what it exports: ${exported.join(', ')}` }];
  });
}

/** Names that a file declares and exports. */
export function exportedNames(text: string): string[] {
  const all = tokens(text);
  return all.flatMap(({ text: word, kind }, at) => {
    if (word !== 'export' || kind !== 'name') return [];
    let next = at + 1;
    while (MODIFIERS.has(all[next]?.text ?? '')) next++;
    if (!DECLARES.has(all[next]?.text ?? '')) return [];
    if (all[next + 1]?.text === '*') next++;
    return all[next + 1]?.kind === 'name' ? [all[next + 1]?.text ?? ''] : [];
  });
}

/** Whether one word of an export stands in the name of the file or its folder. A family of three and more has a noun of its own. */
function isNamedAfter(path: string, exported: readonly string[]): boolean {
  if (exported.length > 2) return true;
  const place = path.split('/').slice(-2).join('/').split('.')[0]?.replaceAll('-', '').toLowerCase() ?? '';
  const words = exported.flatMap((name) =>
    name
      .replaceAll(/(?<=[a-z0-9])(?=[A-Z])|_/g, ' ')
      .toLowerCase()
      .split(' '),
  );
  return words.some((word) => word.length > 1 && place.includes(word.replace(/(ies|s)$/, '')));
}

/** Whether the line before gives the lint rule's exception with its reason. */
function isExplained(text: string, line: number): boolean {
  return /biome-ignore lint\/suspicious\/noExplicitAny: \w/.test(text.split('\n')[line - 2] ?? '');
}

function stripStrings(text: string): string {
  return text.replaceAll(/'[^'\n]*'|`[^`]*`/g, '');
}
