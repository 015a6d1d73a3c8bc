import { imports, targetOf } from './imports.ts';
import { isTest, type SourceFile } from './tree.ts';

/** Import cycles, type imports included: each as the list of its files, one cycle for each knot. */
export function importCycles(files: readonly SourceFile[]): string[][] {
  const targets = new Map(files.map((file) => [file.path, targetsOf(file)]));
  const done = new Set<string>();
  const cycles: string[][] = [];
  const visit = (path: string, trail: readonly string[]) => {
    const start = trail.indexOf(path);
    if (start >= 0) cycles.push([...trail.slice(start), path]);
    if (start >= 0 || done.has(path)) return;
    for (const target of targets.get(path) ?? []) visit(target, [...trail, path]);
    done.add(path);
  };
  for (const path of targets.keys()) visit(path, []);
  return cycles;
}

function targetsOf(file: SourceFile): string[] {
  return imports(file.text).flatMap((found) => targetOf(file.path, found) ?? []);
}

/** Files below `to` that files below `from` reach by imports of imports, each with the way there. Tests are no way. */
export function waysTo(to: string, from: string, files: readonly SourceFile[]): string[] {
  const targets = new Map(files.filter(({ path }) => !isTest(path)).map((file) => [file.path, targetsOf(file)]));
  const seen = new Set<string>();
  const ways: string[] = [];
  const visit = (path: string, trail: string) => {
    if (seen.has(path)) return;
    seen.add(path);
    if (path.startsWith(to)) ways.push(trail);
    else for (const target of targets.get(path) ?? []) visit(target, `${trail} → ${target}`);
  };
  for (const path of targets.keys()) if (path.startsWith(from)) visit(path, path);
  return ways;
}
