import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';

/** The project's folder. */
export const ROOT = join(import.meta.dirname, '../..');

const LEFT_OUT = new Set(['node_modules', '.git', '.segue', 'coverage']);

/** A file of the project: its path from the root with `/`, and its text. */
export interface SourceFile {
  readonly path: string;
  readonly text: string;
}

/** Something a rule does not allow, with where it is. */
export interface Violation {
  readonly path: string;
  readonly line?: number;
  readonly message: string;
}

/** Every file of the project below `folders` (the whole project when none is named) whose path `matches`. */
export function projectFiles(matches: RegExp, ...folders: readonly string[]): SourceFile[] {
  const paths = folders.length > 0 ? folders.flatMap((folder) => walk(join(ROOT, folder))) : walk(ROOT);
  const chosen = paths.map((path) => relative(ROOT, path)).filter((path) => matches.test(path));
  return chosen.sort().map((path) => ({ path, text: readFileSync(join(ROOT, path), 'utf8') }));
}

/** All TypeScript of the project. */
export function typeScriptFiles(): SourceFile[] {
  return projectFiles(/\.ts$/);
}

export function isTest(path: string): boolean {
  return /\.(test|suite|model|fixture|sandboxed)\.ts$/.test(path) || /^(test|bench|sim)\//.test(path);
}

/** Violations as lines for an assertion: an empty list reads as an empty list. */
export function lines(violations: readonly Violation[]): string[] {
  return violations.map(({ path, line, message }) => `${path}${line === undefined ? '' : `:${line}`} ${message}`);
}

function walk(folder: string): string[] {
  const entries = readdirSync(folder, { withFileTypes: true }).filter((entry) => !LEFT_OUT.has(entry.name));
  return entries.flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return walk(path);
    return entry.isFile() && !entry.name.endsWith('.log') ? [path] : [];
  });
}
