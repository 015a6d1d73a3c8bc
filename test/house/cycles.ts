import { imports, targetOf } from './imports.ts';
import type { SourceFile } from './tree.ts';

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
