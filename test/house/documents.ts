import { posix } from 'node:path';
import { MAY_IMPORT } from './directions.ts';
import { anchorOf, codeBlocks, headings, links } from './markdown.ts';
import { isTest, type SourceFile, type Violation } from './tree.ts';

const SECTIONS = ['Purpose', 'Reads', 'Writes', 'Guarantees', 'Start here'];
const LINES_MAX = 60;

/** Folders that have a README of their own: those of the import table, and each controller. */
function isPart(folder: string): boolean {
  return folder in MAY_IMPORT || /^src\/controllers\/[^/]+$/.test(folder);
}

/** Parts of src with code whose README is missing, has other sections than the five, or is longer than a page. */
export function readmeProblems(files: readonly SourceFile[]): Violation[] {
  const texts = new Map(files.map(({ path, text }) => [path, text]));
  const withCode = files.filter(({ path }) => /^src\/.*\.ts$/.test(path) && !isTest(path));
  const folders = new Set(withCode.map(({ path }) => posix.dirname(path)));
  return [...folders].filter(isPart).flatMap((folder) => {
    const path = `${folder}/README.md`;
    const text = texts.get(path);
    if (text === undefined) return [{ path, message: 'is missing' }];
    const sections = headings(text).filter(({ level }) => level === 2);
    const titles = sections.map(({ title }) => title).join(' · ');
    if (titles !== SECTIONS.join(' · '))
      return [{ path, message: `has the sections ${titles}, need ${SECTIONS.join(' · ')}` }];
    return text.split('\n').length > LINES_MAX ? [{ path, message: `is longer than ${LINES_MAX} lines` }] : [];
  });
}

/** Links of a document that lead nowhere. `exists` answers for project paths, `read` gives a document's text. */
export function brokenLinks(
  { path, text }: SourceFile,
  project: { exists: (path: string) => boolean; read: (path: string) => string },
): Violation[] {
  return links(text).flatMap((link) => {
    if (/^(https?|mailto):/.test(link)) return [];
    const [file = '', anchor] = decodeURI(link).split('#');
    const target = file === '' ? path : posix.join(posix.dirname(path), file);
    const isOutside = file.startsWith('/') || target.startsWith('..');
    if (isOutside || !project.exists(target)) return [{ path, message: `links to ${link}, which is not there` }];
    if (anchor === undefined || !target.endsWith('.md')) return [];
    const anchors = headings(file === '' ? text : project.read(target)).map(({ title }) => anchorOf(title));
    return anchors.includes(anchor) ? [] : [{ path, message: `links to ${link}, which has no such heading` }];
  });
}

/**
 * Shell blocks say what they are for: `sh test` is run, `sh shown` is for the reader alone (it ends the cluster, installs
 * something, or needs a second terminal). A block that says neither is a promise that nobody checks.
 */
export function undecidedSnippets({ path, text }: SourceFile): Violation[] {
  return codeBlocks(text).flatMap(({ info, line }) => {
    const [language = '', use] = info.split(/\s+/);
    const isShell = ['sh', 'bash', 'shell', 'console'].includes(language);
    if (!isShell || use === 'shown' || (language === 'sh' && use === 'test')) return [];
    return [{ path, line, message: `is marked "${info}", need "sh test" (it is run) or "${language} shown"` }];
  });
}

/** Blocks of a document that are run, joined to one session in their order. */
export function sessionOf(text: string): string {
  const blocks = codeBlocks(text).filter(({ info }) => info === 'sh test');
  return blocks.map(({ code }) => code).join('\n');
}

/** Package scripts that a document's shell blocks name. */
export function scriptsNamed(text: string): string[] {
  const shell = codeBlocks(text).filter(({ info }) => /^(sh|console)\b/.test(info));
  return shell.flatMap(({ code }) =>
    [...code.matchAll(/\bnpm (?:run )?(start|test|(?<=run )[\w:-]+)/g)].map(([, name]) => name ?? ''),
  );
}
