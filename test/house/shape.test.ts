import assert from 'node:assert/strict';
import { test } from 'node:test';
import ratchet from './ratchet.json' with { type: 'json' };
import { exportedNames, forbiddenForms, misnamed } from './shape.ts';
import { lines, typeScriptFiles } from './tree.ts';

const recordedNames: readonly string[] = ratchet.names;
const forms = (text: string) => forbiddenForms({ path: 'src/gate/gate.ts', text }).length;
const names = (path: string, text = '') => misnamed([{ path, text }]).length;

test('the project has no default exports, no barrels, no any and no silenced compiler', () => {
  assert.deepEqual(lines(typeScriptFiles().flatMap(forbiddenForms)), []);
});

test('every file of the project is named after what it exports, and every test stands beside its subject', () => {
  const found = misnamed(typeScriptFiles());
  const recorded = new Set(recordedNames);
  assert.deepEqual(lines(found.filter(({ path }) => !recorded.has(path))), []);
  const still = new Set(found.map(({ path }) => path));
  assert.deepEqual(
    recordedNames.filter((path) => !still.has(path)),
    [],
    'take these out of ratchet.json',
  );
});

test('each forbidden form is found', () => {
  assert.equal(forms('export default 1;'), 1);
  assert.equal(forms(`export * from './a.ts';`), 1);
  assert.equal(forms(`export type { A } from './a.ts';`), 1);
  assert.equal(forms('let x: any; f<any>(); y as any[];'), 3);
  assert.equal(
    forms('// biome-ignore lint/suspicious/noExplicitAny: answers have every shape\nlet x: any;\nlet y: any;'),
    1,
  );
  assert.equal(forms(`// @ts${'-'}ignore\nx();`), 1);
});

test('words that are only part of something else are let be', () => {
  assert.equal(
    forms(`Promise.any(x); ({ any: 1 }); const s = 'any'; // any\nexport const y = 1; export { y as z };`),
    0,
  );
});

test('names are lower case and say what the file holds', () => {
  assert.equal(names('src/gate/Gate.ts'), 1);
  assert.equal(names('src/gate/gate_core.ts'), 1);
  assert.equal(names('src/gate/index.ts'), 1);
  assert.equal(names('src/gate/helpers.ts', 'export function release() {}'), 1);
  assert.equal(names('src/gate/quiet.ts', 'export function countSockets() {}'), 1);
  assert.equal(names('src/gate/release.ts', 'export function releasePod() {}'), 0);
  assert.equal(names('src/store/memory/memorystore.ts', 'export class MemoryStore {}'), 0);
  assert.equal(names('src/api/resources.ts', 'export const PODS: Resource = x; export type ResourceList = 1;'), 0);
});

test('a test without its subject beside it is found', () => {
  const subject = { path: 'src/a/heap.ts', text: 'export class Heap {}' };
  assert.equal(names('src/a/heap.test.ts'), 1);
  assert.equal(misnamed([subject, { path: 'src/a/heap.test.ts', text: '' }]).length, 0);
});

test('exported names are those declared, whatever kind', () => {
  const source =
    'export async function a() {} export abstract class B {} export const c = 1; export type D = 1; export function* e() {} const f = 2;';
  assert.deepEqual(exportedNames(source), ['a', 'B', 'c', 'D', 'e']);
});
