import assert from 'node:assert/strict';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { tempDir } from '../../test/support/tempdir.ts';
import { builtinKinds } from '../api/registry.ts';
import { ManifestError, readManifests } from './manifests.ts';

const REGISTRY = builtinKinds();

async function withFiles(files: Record<string, string>, run: (folder: string) => Promise<void>): Promise<void> {
  await using temp = await tempDir();
  for (const [name, text] of Object.entries(files)) await writeFile(join(temp.path, name), text);
  await run(temp.path);
}

const kind = (name: string, of: string, apiVersion = 'v1') =>
  `apiVersion: ${apiVersion}\nkind: ${of}\nmetadata: { name: ${name} }\n`;

async function names(path: string): Promise<string[]> {
  return (await readManifests(path, REGISTRY)).manifests.map(({ object }) => `${object.kind} ${object.metadata.name}`);
}

async function refusal(path: string): Promise<string> {
  const error = await readManifests(path, REGISTRY).then(
    () => assert.fail('the manifests were accepted'),
    (thrown: unknown) => thrown,
  );
  assert.ok(error instanceof ManifestError, String(error));
  assert.ok(!error.message.includes('\n'), error.message);
  return error.message;
}

test('a folder gives what others refer to first, else in the order of files and documents', async () => {
  const files = {
    'a.yaml': `${kind('web', 'Deployment', 'apps/v1')}---\n${kind('web', 'Service')}---\n`,
    'b.yml': kind('settings', 'ConfigMap'),
    'c.json': '{\n\t"apiVersion": "v1",\n\t"kind": "Namespace",\n\t"metadata": { "name": "shop" }\n}\n',
    'd.yaml': kind('one', 'Pod'),
    'readme.md': 'not YAML: [',
  };
  await withFiles(files, async (folder) => {
    await mkdir(join(folder, 'folder.yaml'));
    const expected = ['Namespace shop', 'ConfigMap settings', 'Service web', 'Deployment web', 'Pod one'];
    assert.deepEqual(await names(folder), expected);
    assert.deepEqual(await names(join(folder, 'd.yaml')), ['Pod one']);
  });
});

test('an images file beside manifests is no manifest, and is named by its whole path', async () => {
  await withFiles({ 'images.yaml': 'images: []\n', 'pod.yaml': kind('one', 'Pod') }, async (folder) => {
    const { manifests, imagesFiles } = await readManifests(folder, REGISTRY);
    assert.deepEqual([manifests.length, imagesFiles], [1, [join(folder, 'images.yaml')]]);
    assert.match(await refusal(join(folder, 'images.yaml')), /it holds no manifest/);
  });
});

test('lists give their items, whether of one kind or of several', async () => {
  const items =
    'items:\n- { apiVersion: v1, kind: Pod, metadata: { name: a } }\n- { apiVersion: v1, kind: Service, metadata: { name: b } }\n';
  const files = {
    'all.yaml': `apiVersion: v1\nkind: List\n${items}`,
    'pods.yaml': 'apiVersion: v1\nkind: PodList\nitems: [{ metadata: { name: c } }]\n',
  };
  await withFiles(files, async (folder) => assert.deepEqual(await names(folder), ['Service b', 'Pod a', 'Pod c']));
});

test('YAML is read as kubectl reads it: octal modes and yes, but dates and times as texts', async () => {
  const text = `${kind('a', 'ConfigMap')}data: { mode: 0644, on: yes, day: 2026-01-01, at: 1:30 }\n`;
  await withFiles({ 'a.yaml': text }, async (folder) => {
    const [manifest] = (await readManifests(folder, REGISTRY)).manifests;
    assert.deepEqual((manifest?.object as { data?: object } | undefined)?.data, {
      mode: 0o644,
      true: true,
      day: '2026-01-01',
      at: '1:30',
    });
  });
});

const REFUSED: Record<string, [string, RegExp]> = {
  'broken YAML': [`${kind('a', 'Pod')}---\na: [\nb: 1\n`, /^Cannot read .*\/a\.yaml:[67]: /],
  'no kind': [`${kind('a', 'Pod')}---\n# a comment\nmetadata: { name: b }\n`, /a\.yaml:6: apiVersion or kind not set/],
  'an unknown kind': [kind('a', 'Gadget'), /a\.yaml:1: no matches for kind "Gadget" in version "v1"$/],
  'no name': ['apiVersion: v1\nkind: Pod\n', /a\.yaml:1: metadata\.name is not set, need a name$/],
  'a list of nothing known': ['apiVersion: v1\nkind: List\nitems: [null, 1]\n', /apiVersion or kind not set/],
  'a scalar': ['just text\n', /apiVersion or kind not set/],
  'an alias without its anchor': [`${kind('a', 'Pod')}spec: *none\n`, /^Cannot read .*\/a\.yaml:\d: .*alias/],
  'nothing in it': ['# empty\n---\n', /it holds no manifest, need \.yaml or \.json files$/],
};

for (const [what, [text, pattern]] of Object.entries(REFUSED)) {
  test(`a manifest with ${what} is refused by file and line`, async () => {
    await withFiles({ 'a.yaml': text }, async (folder) => assert.match(await refusal(folder), pattern));
  });
}

test('a path that is not there is refused with what is needed', async () => {
  await using temp = await tempDir();
  assert.match(await refusal(join(temp.path, 'none')), /^Cannot read .*ENOENT.*need a manifest or a folder of them$/);
});
