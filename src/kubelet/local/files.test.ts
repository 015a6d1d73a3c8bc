import assert from 'node:assert/strict';
import { mkdtemp, readdir, readFile, readlink, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import type { PodFiles, VolumeFile } from '../host.ts';
import { localFiles, podsWithFiles } from './files.ts';

async function temporary(): Promise<AsyncDisposable & { root: string; files: PodFiles }> {
  const root = await mkdtemp(join(tmpdir(), 'segue-files-'));
  return { root, files: localFiles(root), [Symbol.asyncDispose]: () => rm(root, { recursive: true, force: true }) };
}

function contents(files: Record<string, string>, mode = 0o644): Map<string, VolumeFile> {
  return new Map(Object.entries(files).map(([name, text]) => [name, { content: Buffer.from(text), mode }]));
}

test('a file volume has exactly its files, swapped as a whole behind a relative link', async () => {
  await using place = await temporary();
  const path = await place.files.fileVolume('uid', 'config', contents({ a: '1', 'sub/b': '2' }, 0o640));
  assert.deepEqual([await readFile(join(path, 'a'), 'utf8'), await readFile(join(path, 'sub/b'), 'utf8')], ['1', '2']);
  assert.equal((await stat(join(path, 'a'))).mode & 0o777, 0o640);
  assert.equal((await stat(join(path, '..data'))).mode & 0o777, 0o755);
  assert.ok(!(await readlink(join(path, '..data'))).startsWith('/'));
  assert.equal(await place.files.fileVolume('uid', 'config', contents({ a: '3' })), path);
  assert.equal(await readFile(join(path, 'a'), 'utf8'), '3');
  const left = (await readdir(path)).filter((name) => !name.startsWith('..data_'));
  assert.deepEqual(left.sort(), ['..data', 'a']);
  assert.equal((await readdir(path)).length, 3, 'the contents of before are gone');
});

test('a file that leads outside of its volume is refused', async () => {
  await using place = await temporary();
  await assert.rejects(place.files.fileVolume('uid', 'config', contents({ '../../x': '1' })), { name: 'VolumeError' });
});

test('an empty volume is writable by everybody and stays until its pod is removed', async () => {
  await using place = await temporary();
  const path = await place.files.emptyDir('uid', 'scratch');
  await writeFile(join(path, 'x'), 'x');
  assert.equal((await stat(path)).mode & 0o777, 0o777);
  assert.equal(await place.files.emptyDir('uid', 'scratch'), path);
  assert.deepEqual(await readdir(path), ['x']);
  assert.deepEqual(await podsWithFiles(place.root), ['uid']);
  await place.files.removePod('uid');
  assert.deepEqual(await podsWithFiles(place.root), []);
});

test('a sub path is made below its volume and may not lead out of it, by links neither', async () => {
  await using place = await temporary();
  const root = await place.files.emptyDir('uid', 'scratch');
  assert.equal(await place.files.subPath(root, 'a/b'), join(root, 'a/b'));
  await assert.rejects(place.files.subPath(root, '../x'), { name: 'VolumeError' });
  await symlink('/', join(root, 'out'));
  await assert.rejects(place.files.subPath(root, 'out/etc'), { name: 'VolumeError' });
});

test('a host path is made or checked as its type says, and what the system refuses is said', async () => {
  await using place = await temporary();
  const { files, root } = place;
  const made = await files.hostPath(join(root, 'made'), 'DirectoryOrCreate');
  assert.ok((await stat(made)).isDirectory());
  assert.ok((await stat(await files.hostPath(join(root, 'file'), 'FileOrCreate'))).isFile());
  await assert.rejects(files.hostPath(made, 'File'), { name: 'VolumeError', message: /is not a File/ });
  await assert.rejects(files.hostPath(join(root, 'none'), 'Directory'), { name: 'VolumeError' });
  await assert.rejects(files.hostPath(join(root, 'file/below'), 'DirectoryOrCreate'), { name: 'VolumeError' });
});

test('a log is read from its start, followed while it is written, and goes with its pod', async () => {
  await using place = await temporary();
  const pod = { namespace: 'default', name: 'web', uid: 'uid' };
  const path = join(await place.files.logFolder(pod, 'main'), '0.log');
  await writeFile(path, 'one\n');
  let isEnded = false;
  const { signal } = new AbortController();
  let text = '';
  for await (const chunk of place.files.readLog(path, { follow: true, ended: () => isEnded, signal })) {
    text += Buffer.from(chunk).toString();
    if (chunk.length > 0 || isEnded) continue;
    await writeFile(path, 'one\ntwo\n');
    isEnded = true;
  }
  assert.equal(text, 'one\ntwo\n');
  await place.files.removeLogs(pod);
  assert.deepEqual(await readdir(join(place.root, 'logs')), []);
});
