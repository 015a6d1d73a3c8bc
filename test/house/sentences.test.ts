import assert from 'node:assert/strict';
import { test } from 'node:test';
import { weakTests } from './sentences.ts';
import { lines, projectFiles } from './tree.ts';

const weak = (text: string) => weakTests({ path: 'src/a.test.ts', text }).length;
const sentence = "'a thing is so'";

test('every test of the project is a sentence, waits for nothing but states, and is run', () => {
  const tests = projectFiles(/(\.(test|suite)\.ts$)|(^test\/(support|e2e|conformance)\/.*\.ts$)/);
  assert.ok(tests.length > 10);
  assert.deepEqual(lines(tests.flatMap(weakTests)), []);
});

test('names that claim nothing are found', () => {
  assert.equal(weak(`test('heap', f); it('two words', f); t.test('works', f);`), 3);
  assert.equal(weak(`test('should return the smallest', f); test('test that it is so', f);`), 2);
  // biome-ignore lint/suspicious/noTemplateCurlyInString: the source under test holds a template
  assert.equal(weak('test(`${name} keeps its order`, f); test(scenario.name, f); describe("Heap", f);'), 0);
});

test('sleeping and trying again are found', () => {
  assert.equal(
    weak(`setTimeout(f, 5); await sleep(3); await retry(f); import { setTimeout as d } from 'node:timers/promises';`),
    4,
  );
  assert.equal(weak(`clock.timer(5, f); clock.advance(5); socket.setTimeout(5); const hook = sleep(3);`), 0);
});

test('a test that is left out or alone is found', () => {
  assert.equal(weak(`test.skip(${sentence}, f); it.only(${sentence}, f); t.todo(); describe.skip('x', f);`), 4);
  assert.equal(weak(`test(${sentence}, { skip: true }, f); describe('x', { only: true }, f);`), 2);
  assert.equal(weak(`load({ only: 3 }); list.skip(3); const only = 1;`), 0);
});

test('mocks of node:test are found', () => {
  assert.equal(weak(`import { mock, test } from 'node:test';`), 1);
});
