import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { test } from 'node:test';
import { promisify } from 'node:util';

test('a listener that throws disturbs no other, and its error is not swallowed', async () => {
  const program = `
    import { Watchers } from ${JSON.stringify(new URL('./watchers.ts', import.meta.url).href)};
    const seen = [];
    process.on('uncaughtException', (error) => seen.push(error.message));
    const watchers = new Watchers();
    const base = { prefix: '', fromRevision: 0, revision: 0, past: [] };
    watchers.add({ ...base, onChanges: () => { throw new Error('bad listener'); } });
    watchers.add({ ...base, onChanges: (changes) => seen.push(changes.map((change) => change.revision)) });
    watchers.publish([{ key: '/a', revision: 1 }, { key: '/a', revision: 2 }]);
    watchers.publish([{ key: '/a', revision: 3 }]);
    process.on('exit', () => console.log(JSON.stringify(seen)));
  `;
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '--eval', program]);
  assert.deepEqual(JSON.parse(stdout), [[1, 2], [3], 'bad listener', 'bad listener']);
});
