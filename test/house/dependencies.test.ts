import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { dependencyProblems, type Manifest, undeclaredDependencies, unusedDependencies } from './dependencies.ts';
import { imports } from './imports.ts';
import { isTest, projectFiles, ROOT, typeScriptFiles } from './tree.ts';

const MANIFEST = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as Manifest;
const specifiersOf = (files: readonly { text: string }[]) =>
  files.flatMap(({ text }) => imports(text).map(({ specifier }) => specifier));

test('every dependency has its reason, and no reason is left of one that went', () => {
  assert.deepEqual(dependencyProblems(MANIFEST, readFileSync(join(ROOT, 'docs/dependencies.md'), 'utf8')), []);
});

test('every runtime dependency is used by src', () => {
  assert.deepEqual(unusedDependencies(MANIFEST, specifiersOf(projectFiles(/\.ts$/, 'src'))), []);
});

test('src uses runtime dependencies alone, the rest of the project declared ones', () => {
  const runtime = Object.keys(MANIFEST.dependencies ?? {});
  const source = projectFiles(/\.ts$/, 'src').filter(({ path }) => !isTest(path));
  assert.deepEqual(undeclaredDependencies(specifiersOf(source), runtime), []);
  const all = [...runtime, ...Object.keys(MANIFEST.devDependencies ?? {}), 'segue'];
  assert.deepEqual(undeclaredDependencies(specifiersOf(typeScriptFiles()), all), []);
});

test('a dependency without a reason and a reason without a dependency are found', () => {
  const manifest = { dependencies: { a: '1' }, optionalDependencies: { b: '1' }, devDependencies: { c: '1' } };
  const good = '## Runtime\n\n- `a`: does a thing\n- `b`: does b things\n\n## Development\n\n- `c`: checks the c\n';
  assert.deepEqual(dependencyProblems(manifest, good), []);
  assert.deepEqual(dependencyProblems(manifest, good.replace('- `b`: does b things\n', '')), [
    'b has no reason below Runtime',
  ]);
  assert.deepEqual(dependencyProblems(manifest, good.replace('does a thing', '')), ['a has no reason below Runtime']);
  assert.deepEqual(dependencyProblems(manifest, `${good}- \`d\`: of no use\n`), [
    'd stands below Development and is not in package.json',
  ]);
});

test('unused and undeclared packages are found, with paths into them and scopes', () => {
  const manifest = { dependencies: { yaml: '1', '@a/b': '1' } };
  assert.deepEqual(unusedDependencies(manifest, ['@a/b/deep', 'yamlish']), ['yaml']);
  assert.deepEqual(
    undeclaredDependencies(['yaml/x', '@a/b/deep', 'node:fs', './yaml.ts', 'other/y'], ['yaml', '@a/b']),
    ['other'],
  );
});
