import assert from 'node:assert/strict';
import { test } from 'node:test';
import { imports, targetOf } from './imports.ts';

const found = (text: string) => imports(text).map(({ form, specifier }) => `${form} ${specifier}`);

test('every form of import is seen, over several lines and for types alone', () => {
  const source = `import 'side';
import one from "one";
import * as two from 'two';
import type {
  a,
  from,
} from './three.ts';
import data from './four.json' with { type: 'json' };
const five = await import('five');
type Six = import('./six.ts').Six;`;
  assert.deepEqual(found(source), [
    'import side',
    'import one',
    'import two',
    'import ./three.ts',
    'import ./four.json',
    'dynamic five',
    'dynamic ./six.ts',
  ]);
});

test('re-exports are told from exports', () => {
  const source = `export * from './a.ts'; export { b } from './b.ts'; export type { c } from './c.ts'; export { d }; export const e = 1;`;
  assert.deepEqual(found(source), ['reexport all ./a.ts', 'reexport ./b.ts', 'reexport ./c.ts']);
});

test('import.meta, keys, comments and strings are no imports', () => {
  assert.deepEqual(
    found(`import.meta.dirname; ({ import: './x' }); // import './y'\n'import "z"'; a.import('q');`),
    [],
  );
});

test('a relative import leads to a path of the project', () => {
  const [first] = imports(`import '../api/kind.ts';`);
  assert.ok(first);
  assert.equal(targetOf('src/store/store.ts', first), 'src/api/kind.ts');
  assert.equal(targetOf('a.ts', { ...first, specifier: 'yaml' }), undefined);
});
