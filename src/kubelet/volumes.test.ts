import assert from 'node:assert/strict';
import { test } from 'node:test';
import { configMaps } from '../api/resources.ts';
import type { Pod, Volume } from '../api/types/core.ts';
import { startTestCluster } from '../client/client.fixture.ts';
import type { PodFiles, VolumeFile } from './host.ts';
import { mountsOf, provideVolumes } from './volumes.ts';

type Written = Record<string, string>;

/** Files that remember what was written, as `mode content`. */
function memoryFiles(): PodFiles & { readonly written: Written } {
  const written: Written = {};
  const note = (files: ReadonlyMap<string, VolumeFile>) => {
    for (const [path, { content, mode }] of files) written[path] = `${mode.toString(8)} ${Buffer.from(content)}`;
  };
  return {
    written,
    emptyDir: async (_, volume) => `/v/${volume}`,
    async fileVolume(_, volume, files) {
      note(files);
      return `/v/${volume}`;
    },
    hostPath: async (path) => path,
    subPath: async (root, path) => `${root}/${path}`,
    async removePod() {},
    logFolder: async () => '/logs',
    async *readLog() {},
    async removeLogs() {},
  };
}

async function provided(...volumes: Volume[]) {
  await using cluster = await startTestCluster();
  const draft = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'map', namespace: 'default' } };
  await cluster.client.of(configMaps).create({ ...draft, data: { a: '1', b: '2' } });
  const metadata = { name: 'web', namespace: 'default', uid: 'uid', resourceVersion: '1', creationTimestamp: '' };
  const pod: Pod = { apiVersion: 'v1', kind: 'Pod', metadata, spec: { containers: [], volumes } };
  const files = memoryFiles();
  const paths = await provideVolumes({ client: cluster.client, files, pod, podIP: '10.0.0.1', hostIP: '192.0.2.1' });
  return { paths, written: files.written };
}

test('a ConfigMap volume has all keys, or those listed at the paths and modes given', async () => {
  assert.deepEqual((await provided({ name: 'v', configMap: { name: 'map' } })).written, { a: '644 1', b: '644 2' });
  const items = [{ key: 'b', path: 'sub/b', mode: 0o600 }];
  assert.deepEqual((await provided({ name: 'v', configMap: { name: 'map', items } })).written, { 'sub/b': '600 2' });
});

test('what is missing keeps the pod waiting, unless it is optional', async () => {
  const items = [{ key: 'none', path: 'x' }];
  await assert.rejects(provided({ name: 'v', configMap: { name: 'none' } }), { name: 'VolumeError' });
  await assert.rejects(provided({ name: 'v', configMap: { name: 'map', items } }), { name: 'VolumeError' });
  assert.deepEqual((await provided({ name: 'v', configMap: { name: 'none', optional: true, items } })).written, {});
  assert.deepEqual((await provided({ name: 'v', configMap: { name: 'map', optional: true, items } })).written, {});
});

test('a source that is not served is named', async () => {
  await assert.rejects(provided({ name: 'v', nfs: {} }), { name: 'VolumeError', message: /source is nfs/ });
});

test('mounts lead to their volumes, below them with a sub path', async () => {
  const volumes = new Map([['v', '/v']]);
  const mounts = [
    { name: 'v', mountPath: '/a', readOnly: true },
    { name: 'v', mountPath: '/b', subPath: 's' },
  ];
  assert.deepEqual(await mountsOf(mounts, volumes, { files: memoryFiles() }), [
    { hostPath: '/v', containerPath: '/a', readOnly: true },
    { hostPath: '/v/s', containerPath: '/b', readOnly: false },
  ]);
  await assert.rejects(mountsOf([{ name: 'w', mountPath: '/a' }], volumes, { files: memoryFiles() }), {
    name: 'VolumeError',
  });
});
