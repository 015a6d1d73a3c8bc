import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hiddenInputs } from './inputs.ts';
import { lines, projectFiles } from './tree.ts';

const uses = (text: string, path = 'src/gate/gate.ts') =>
  hiddenInputs([{ path, text }]).map(({ message }) => message.split(':')[0]);

test('nothing outside the implementation folders reads a clock, draws a number or looks at its process', () => {
  assert.deepEqual(lines(hiddenInputs(projectFiles(/\.ts$/, 'src'))), []);
});

test('each banned name is found', () => {
  assert.deepEqual(uses('Date.now(); new Date(); new Date; Date();'), [
    'uses Date.now',
    'uses new Date()',
    'uses new Date()',
    'uses Date()',
  ]);
  assert.deepEqual(uses('setTimeout(f, 1); setInterval(f); setImmediate(f); globalThis.setTimeout(f);').length, 4);
  assert.deepEqual(uses('Math.random(); performance.now(); crypto.randomUUID(); process.env.X; f(process)').length, 5);
  assert.deepEqual(uses(`import { setTimeout as s } from 'node:timers/promises';`).at(-1), 'imports node');
});

test('what only looks like a banned name is let be', () => {
  assert.deepEqual(
    uses(`new Date(ms); socket.setTimeout(5); type T = { process: number }; Math.floor(1); // Date.now()`),
    [],
  );
  assert.deepEqual(uses(`'Date.now()'; this.clock.now(); Date.UTC(2026, 0); Date.parse(s);`), []);
});

test('the allowed folders are these and not their neighbours', () => {
  for (const path of [
    'src/base/system.ts',
    'src/network/proxy/nftables/rules.ts',
    'src/store/sqlite/a.ts',
    'src/cli/up.ts',
  ]) {
    assert.deepEqual(uses('Date.now()', path), [], path);
  }
  for (const path of [
    'src/store/memory/a.ts',
    'src/network/proxy/proxy.ts',
    'src/runtime/runtime.ts',
    'src/basement/a.ts',
  ]) {
    assert.equal(uses('Date.now()', path).length, 1, path);
  }
});
