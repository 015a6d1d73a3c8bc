import assert from 'node:assert/strict';
import { test } from 'node:test';
import { importCycles, waysTo } from './cycles.ts';
import { wrongDirections } from './directions.ts';
import { lines, typeScriptFiles } from './tree.ts';

const wrong = (path: string, specifier: string) =>
  wrongDirections([{ path, text: `import type { X } from '${specifier}';` }]).length;

test('no import of the project goes against the table', () => {
  assert.deepEqual(lines(wrongDirections(typeScriptFiles())), []);
});

test('no file of the project is part of an import cycle', () => {
  assert.deepEqual(
    importCycles(typeScriptFiles()).map((cycle) => cycle.join(' → ')),
    [],
  );
});

test('the API server reaches no client, by whatever way', () => {
  assert.deepEqual(waysTo('src/client/', 'src/apiserver/', typeScriptFiles()), []);
});

test('a way through other files is found, one through a test is none', () => {
  const file = (path: string, specifier: string) => ({ path, text: `import type { X } from '${specifier}';` });
  const files = [file('a/a.ts', '../b/b.ts'), file('b/b.ts', '../c/c.ts'), file('a/a.test.ts', '../d/d.ts')];
  assert.deepEqual(waysTo('c/', 'a/', files), ['a/a.ts → b/b.ts → c/c.ts']);
  assert.deepEqual(waysTo('d/', 'a/', files), []);
});

test('a layer sees what is below it and nothing beside or above it', () => {
  assert.equal(wrong('src/apiserver/get.ts', '../store/store.ts'), 0);
  assert.equal(wrong('src/apiserver/get.ts', '../client/client.ts'), 1);
  assert.equal(wrong('src/base/heap.ts', '../api/kind.ts'), 1);
  assert.equal(wrong('src/cluster/up.ts', '../store/sqlite/sqlitestore.ts'), 0);
  assert.equal(wrong('src/cluster/up.ts', '../cli/up.ts'), 1);
  assert.equal(wrong('src/web/page.ts', '../api/types/core.ts'), 0);
  assert.equal(wrong('src/web/page.ts', '../api/kind.ts'), 1);
});

test('implementations are out of reach of those who use the interface', () => {
  assert.equal(wrong('src/apiserver/get.ts', '../store/sqlite/sqlitestore.ts'), 1);
  assert.equal(wrong('src/kubelet/pod.ts', '../runtime/runtime.ts'), 0);
  assert.equal(wrong('src/kubelet/pod.ts', '../runtime/process/processruntime.ts'), 1);
  assert.equal(wrong('src/kubelet/pod.ts', './local/files.ts'), 1);
  assert.equal(wrong('src/network/proxy/proxy.ts', '../../linux/netlink.ts'), 1);
  assert.equal(wrong('src/network/proxy/nftables/rules.ts', '../../../linux/netlink.ts'), 0);
  assert.equal(wrong('src/network/dns/server.ts', '../proxy/dataplane.ts'), 1);
});

test('no controller imports another, and all may import what stands in their common folder', () => {
  assert.equal(wrong('src/controllers/deployment/plan.ts', '../replicaset/plan.ts'), 1);
  assert.equal(wrong('src/controllers/deployment/plan.ts', '../ownership.ts'), 0);
});

test('pure folders take sockets and files as inputs', () => {
  assert.equal(wrong('src/apiserver/server.ts', 'node:http2'), 1);
  assert.equal(wrong('src/cluster/server.ts', 'node:http2'), 0);
});

test('tests may import anything, and nothing but tests imports a test', () => {
  assert.equal(wrong('src/apiserver/get.test.ts', '../store/memory/memorystore.ts'), 0);
  assert.equal(wrong('src/store/sqlite/sqlitestore.ts', '../store.suite.ts'), 1);
});

test('a folder that the table does not know is reported', () => {
  assert.equal(wrong('src/utils/things.ts', 'node:path'), 1);
});

test('a cycle is found through several files and through type imports, and one file importing itself is one', () => {
  const file = (path: string, specifier: string) => ({ path, text: `import type { X } from '${specifier}';` });
  assert.deepEqual(importCycles([file('a.ts', './b.ts'), file('b.ts', './c.ts'), file('c.ts', './b.ts')]), [
    ['b.ts', 'c.ts', 'b.ts'],
  ]);
  assert.deepEqual(importCycles([file('a.ts', './a.ts')]), [['a.ts', 'a.ts']]);
  assert.deepEqual(importCycles([file('a.ts', './b.ts'), file('b.ts', 'c')]), []);
});
