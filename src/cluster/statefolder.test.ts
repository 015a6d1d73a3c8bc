import assert from 'node:assert/strict';
import { mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { tempDir } from '../../test/support/tempdir.ts';
import { ClusterError } from './errors.ts';
import { defaultStateRoot, openStateFolder, readIfThere, writeWhole } from './statefolder.ts';

test('the state folder is made with its parents, for its user alone, and opened again as it is', async () => {
  await using temp = await tempDir();
  const path = join(temp.path, 'a', 'b');
  const folder = await openStateFolder(path);
  for (const each of [folder.root, folder.pki, folder.nodes]) assert.equal((await stat(each)).mode & 0o777, 0o700);
  await writeFile(folder.kubeconfig, 'kept');
  assert.deepEqual(await openStateFolder(path), folder);
  assert.equal(await readFile(folder.kubeconfig, 'utf8'), 'kept');
});

test('a path that leaves no room for a socket is refused before anything is made', async () => {
  await using temp = await tempDir();
  const path = join(temp.path, 'x'.repeat(100));
  await assert.rejects(openStateFolder(path), (error) => {
    return (
      error instanceof ClusterError && /its path is too long, need at most 96 bytes \(--state\)$/.test(error.message)
    );
  });
  assert.deepEqual(await readdir(temp.path), []);
});

test('the longest path that is allowed has sockets that can be listened on', async () => {
  await using temp = await tempDir();
  const path = join(temp.path, 'x'.repeat(95 - temp.path.length));
  assert.equal(path.length, 96);
  assert.equal((await openStateFolder(path)).nodesSocket.length, 107);
});

test('a file where the folder should be is refused with what to do', async () => {
  await using temp = await tempDir();
  const path = join(temp.path, 'file');
  await writeFile(path, '');
  await assert.rejects(openStateFolder(path), (error) => {
    return (
      error instanceof ClusterError &&
      /^Cannot make the state folder .*need a folder to write to \(--state\)$/.test(error.message)
    );
  });
});

test('the default folder follows XDG_STATE_HOME when that is an absolute path', () => {
  const fallback = join(homedir(), '.local', 'state', 'segue');
  assert.equal(defaultStateRoot({ XDG_STATE_HOME: '/var/state' }), '/var/state/segue');
  assert.equal(defaultStateRoot({ XDG_STATE_HOME: 'relative' }), fallback);
  assert.equal(defaultStateRoot({ XDG_STATE_HOME: '' }), fallback);
  assert.equal(defaultStateRoot({}), fallback);
});

test('a file is written whole and for its owner alone, whatever was there before', async () => {
  await using temp = await tempDir();
  const path = join(temp.path, 'file');
  await writeFile(path, 'a long text that was there before', { mode: 0o644 });
  await writeWhole(path, 'new');
  assert.equal(await readFile(path, 'utf8'), 'new');
  assert.equal((await stat(path)).mode & 0o777, 0o600);
  assert.deepEqual(await readdir(temp.path), ['file']);
});

test('a file that cannot be put in place leaves nothing half written', async () => {
  await using temp = await tempDir();
  await mkdir(join(temp.path, 'folder', 'inner'), { recursive: true });
  await assert.rejects(writeWhole(join(temp.path, 'folder'), 'new'));
  assert.deepEqual(await readdir(temp.path), ['folder']);
});

test('reading tells a missing file from one that cannot be read', async () => {
  await using temp = await tempDir();
  assert.equal(await readIfThere(join(temp.path, 'none')), undefined);
  await assert.rejects(readIfThere(temp.path), { code: 'EISDIR' });
});
