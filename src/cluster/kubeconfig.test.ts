import assert from 'node:assert/strict';
import { lstat, mkdir, readdir, readFile, stat, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { parse } from 'yaml';
import { tempDir } from '../../test/support/tempdir.ts';
import { ClusterError } from './errors.ts';
import { kubeconfigFor, mergeKubeconfig, writeKubeconfig } from './kubeconfig.ts';

const PAIR = { certificatePem: 'certificate', keyPem: 'key' };
const CREDENTIALS = { authorityPem: 'authority', server: PAIR, admin: PAIR };
const CONFIG = kubeconfigFor(CREDENTIALS, 'https://127.0.0.1:6443');

const OTHERS = `# mine, do not lose
apiVersion: v1
kind: Config
preferences: { colors: true }
clusters:
  - name: work # the big one
    cluster: { server: "https://work:6443", extensions: [{ name: e, extension: { on: "yes", mode: "0644" } }] }
users:
  - name: work
    user: { exec: { command: login, args: ["on", "1_000"] } }
contexts:
  - name: work
    context: { cluster: work, user: work, namespace: "123" }
current-context: work
`;

test('a kubeconfig has the server, the authority and the administrator, as base64 in one file of its owner', async () => {
  await using temp = await tempDir();
  const path = join(temp.path, 'deep', 'kubeconfig');
  await writeKubeconfig(path, CONFIG);
  assert.equal((await stat(path)).mode & 0o777, 0o600);
  const read = parse(await readFile(path, 'utf8'));
  assert.equal(read['current-context'], 'segue');
  assert.equal(read.clusters[0].cluster.server, 'https://127.0.0.1:6443');
  assert.equal(Buffer.from(read.users[0].user['client-key-data'], 'base64').toString(), 'key');
});

test('merging makes a kubeconfig where there is none, or an empty one', async () => {
  await using temp = await tempDir();
  await writeFile(join(temp.path, 'empty'), '\n');
  for (const name of ['none', 'empty']) {
    await mergeKubeconfig(join(temp.path, name), CONFIG);
    assert.deepEqual(parse(await readFile(join(temp.path, name), 'utf8')), CONFIG);
  }
});

test('merging keeps everything else as it was written and makes segue the current context', async () => {
  await using temp = await tempDir();
  const path = join(temp.path, 'config');
  await writeFile(path, OTHERS);
  await mergeKubeconfig(path, CONFIG);
  const text = await readFile(path, 'utf8');
  const merged = parse(text);
  const before = parse(OTHERS);
  for (const list of ['clusters', 'users', 'contexts'] as const) {
    assert.deepEqual(merged[list], [...before[list], ...(CONFIG[list] ?? [])]);
  }
  assert.equal(merged['current-context'], 'segue');
  assert.deepEqual(merged.preferences, { colors: true });
  for (const kept of ['# mine, do not lose', '# the big one', '"yes"', '"0644"', '"1_000"', '"on"', '"123"']) {
    assert.ok(text.includes(kept), `${kept} is kept in\n${text}`);
  }
});

test('merging again replaces what was merged before', async () => {
  await using temp = await tempDir();
  const path = join(temp.path, 'config');
  await writeFile(path, OTHERS);
  await mergeKubeconfig(path, CONFIG);
  await mergeKubeconfig(path, kubeconfigFor(CREDENTIALS, 'https://127.0.0.1:7443'));
  const { clusters, users, contexts } = parse(await readFile(path, 'utf8'));
  assert.deepEqual([clusters.length, users.length, contexts.length], [2, 2, 2]);
  assert.equal(clusters[1].cluster.server, 'https://127.0.0.1:7443');
});

test('merging takes lists that are null or in brackets', async () => {
  await using temp = await tempDir();
  const path = join(temp.path, 'config');
  await writeFile(path, 'clusters: null\nusers: []\ncontexts: [{name: a, context: {}}]\n');
  await mergeKubeconfig(path, CONFIG);
  const { clusters, contexts } = parse(await readFile(path, 'utf8'));
  assert.deepEqual(clusters, CONFIG.clusters);
  assert.deepEqual(contexts, [{ name: 'a', context: {} }, ...(CONFIG.contexts ?? [])]);
});

test('a link to a kubeconfig stays a link', async () => {
  await using temp = await tempDir();
  const [path, link] = [join(temp.path, 'real'), join(temp.path, 'link')];
  await writeFile(path, OTHERS);
  await symlink(path, link);
  await mergeKubeconfig(link, CONFIG);
  assert.equal((await lstat(link)).isSymbolicLink(), true);
  assert.equal(parse(await readFile(path, 'utf8'))['current-context'], 'segue');
});

for (const [what, text] of Object.entries({
  'broken YAML': 'clusters: [',
  'no mapping': '- a\n',
  'clusters that are no list': 'clusters: { a: 1 }\n',
})) {
  test(`a kubeconfig with ${what} is refused by its path and left as it is`, async () => {
    await using temp = await tempDir();
    const path = join(temp.path, 'config');
    await writeFile(path, text);
    await assert.rejects(mergeKubeconfig(path, CONFIG), (error) => {
      assert.ok(error instanceof ClusterError);
      assert.ok(
        error.message.startsWith(`Cannot merge into ${path}: `) && !error.message.includes('\n'),
        error.message,
      );
      return true;
    });
    assert.equal(await readFile(path, 'utf8'), text);
  });
}

test('a kubeconfig that cannot be written is refused by its path, and nothing is left beside it', async () => {
  await using temp = await tempDir();
  const folder = join(temp.path, 'kubeconfig');
  await mkdir(join(folder, 'inner'), { recursive: true });
  await writeFile(join(temp.path, 'file'), '');
  for (const path of [folder, join(temp.path, 'file', 'kubeconfig')]) {
    await assert.rejects(writeKubeconfig(path, CONFIG), (error) => {
      return error instanceof ClusterError && error.message.startsWith(`Cannot write the kubeconfig ${path}: `);
    });
  }
  assert.deepEqual((await readdir(temp.path)).sort(), ['file', 'kubeconfig']);
});
