import assert from 'node:assert/strict';
import { test } from 'node:test';
import { functions } from './functions.ts';
import ratchet from './ratchet.json' with { type: 'json' };
import { compareWithRatchet, sizes } from './sizes.ts';
import { typeScriptFiles } from './tree.ts';

test('no file and no function is over its limit but for the recorded ones, and those only shrink', (t) => {
  const all = typeScriptFiles();
  const measured = sizes(all);
  const source = sizes(all.filter(({ path }) => path.startsWith('src/') && !path.endsWith('.test.ts')));
  t.diagnostic(`src: median ${source.medianFileLines} lines a file, ${source.medianFunctionLines} a function`);
  assert.deepEqual(compareWithRatchet(measured.oversize, ratchet.sizes), []);
});

test('functions are found in all their forms with the lines of their bodies', () => {
  const source = `function a(x: { y: number }): { z: string } {
  if (x) {
    f(() => {
    });
  }
}
const b = async <T,>(x: T): Promise<T> => {
  return x;
};
class C {
  constructor() {}
  async *[Symbol.asyncIterator](): AsyncGenerator<{ a: 1 }> {
  }
  #d<T>(x: T): asserts x {
  }
  abstract e(): void;
}
const g = { h() { return 1; }, 'i'(): void {} };
for (const x of f(1)) { switch (x) { case f(x): { } } }
const j = x ? f(y) : { k: 1 };
`;
  assert.deepEqual(
    functions(source).map(({ name, length }) => `${name} ${length}`),
    ['a 6', '(arrow) 2', 'b 3', 'constructor 1', '[computed] 2', '#d 2', 'h 1', 'i 1'],
  );
});

test('a long function is reported by name, a list of tests is not', () => {
  const body = 'x();\n'.repeat(70);
  const path = 'src/a.ts';
  assert.deepEqual(sizes([{ path, text: `function long() {\n${body}}` }]).oversize, { 'src/a.ts#long': 72 });
  assert.deepEqual(sizes([{ path, text: `function suiteOf() {\n test('x', f);${body}}` }]).oversize, {});
});

test('a long file is reported, one of 400 lines is not', () => {
  assert.deepEqual(sizes([{ path: 'a.ts', text: 'x;\n'.repeat(401) }]).oversize, { 'a.ts': 401 });
  assert.deepEqual(sizes([{ path: 'a.ts', text: 'x;\n'.repeat(400) }]).oversize, {});
});

test('the ratchet refuses what is new or grown and asks to record what shrank or went', () => {
  assert.equal(compareWithRatchet({ 'a.ts': 401 }, {}).length, 1);
  assert.equal(compareWithRatchet({ 'a.ts#f': 90 }, { 'a.ts#f': 80 }).length, 1);
  assert.equal(compareWithRatchet({ 'a.ts#f': 80 }, { 'a.ts#f': 90 }).length, 1);
  assert.equal(compareWithRatchet({}, { 'a.ts#f': 90 }).length, 1);
  assert.deepEqual(compareWithRatchet({ 'a.ts#f': 90 }, { 'a.ts#f': 90 }), []);
});
