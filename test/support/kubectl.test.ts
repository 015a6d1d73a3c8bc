import assert from 'node:assert/strict';
import { readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { kubectlPath } from '../../scripts/kubectl.ts';
import { kubectl } from './kubectl.ts';
import { tempDir } from './tempdir.ts';

test('several that unpack kubectl at once end with one whole file', async () => {
  await using cache = await tempDir();
  const paths = await Promise.all([kubectlPath({ cache: cache.path }), kubectlPath({ cache: cache.path })]);
  assert.deepEqual(paths, [join(cache.path, 'kubectl'), join(cache.path, 'kubectl')]);
  assert.deepEqual(await readdir(cache.path), ['kubectl']);
});

test('kubectl 1.32 runs with its own kubeconfig, input, output and exit code', async () => {
  await using folder = await tempDir();
  const kubeconfig = join(folder.path, 'kubeconfig');
  await writeFile(
    kubeconfig,
    'apiVersion: v1\nkind: Config\ncontexts: [{ name: here, context: { cluster: c, user: u } }]\n',
  );
  const version = await kubectl(kubeconfig, ['version', '--client']);
  assert.deepEqual([version.code, version.stderr], [0, '']);
  assert.match(version.stdout, /^Client Version: v1\.32\./);
  assert.equal((await kubectl(kubeconfig, ['config', 'get-contexts', '-o', 'name'])).stdout, 'here\n');
  const manifest = 'apiVersion: v1\nkind: ConfigMap\nmetadata: { name: a }\n';
  const labelled = await kubectl(kubeconfig, ['label', '--local', '-f', '-', 'x=y', '-o', 'json'], { input: manifest });
  assert.equal(JSON.parse(labelled.stdout).metadata.labels.x, 'y');
  const wrong = await kubectl(kubeconfig, ['frobnicate']);
  assert.equal(wrong.code, 1);
  assert.match(wrong.stderr, /unknown command "frobnicate"/);
});
