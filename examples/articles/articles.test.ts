import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { parse, parseAllDocuments } from 'yaml';
import type { Deployment } from '../../src/api/types/apps.ts';
import type { Pod, PodSpec, Service } from '../../src/api/types/core.ts';
import { App, textOf } from '../app.fixture.ts';

const APP = new URL('./apps/app.js', import.meta.url);
const FOLDERS = ['../shop/', './', './changes/'].map((path) => new URL(path, import.meta.url));

function objectsIn(folder: URL): (Deployment | Pod | Service)[] {
  const files = readdirSync(folder).filter((name) => name.endsWith('.yaml') && name !== 'images.yaml');
  return files.flatMap((name) =>
    parseAllDocuments(readFileSync(new URL(name, folder), 'utf8')).map((document) => {
      assert.deepEqual(document.errors, [], name);
      return document.toJS() as Deployment | Pod | Service;
    }),
  );
}

function podSpecOf(object: Deployment | Pod | Service): PodSpec | undefined {
  if (object.kind === 'Pod') return (object as Pod).spec;
  return object.kind === 'Deployment' ? (object as Deployment).spec.template.spec : undefined;
}

for (const folder of FOLDERS) {
  const name = folder.pathname.split('/').slice(-3, -1).join('/');

  test(`${name}: every image has a meaning, no manifest names a path of a machine, no two objects have the same name`, () => {
    const images = parse(
      readFileSync(new URL('images.yaml', name.endsWith('changes') ? new URL('../', folder) : folder), 'utf8'),
    );
    const objects = objectsIn(folder);
    assert.ok(objects.length > 0);
    for (const container of objects.flatMap((object) => podSpecOf(object)?.containers ?? [])) {
      assert.ok(container.image && container.image in images.images, `${container.image} has no meaning`);
      assert.equal(container.command, undefined);
      assert.equal(container.workingDir, undefined);
    }
    const names = objects.map(({ kind, metadata }) => `${kind}/${metadata.name}`);
    assert.deepEqual(names, [...new Set(names)]);
  });

  test(`${name}: a Service selects pods that have its port`, () => {
    const objects = objectsIn(folder);
    for (const service of objects.filter((object): object is Service => object.kind === 'Service')) {
      const [key, value] = Object.entries(service.spec.selector ?? {})[0] ?? [];
      const deployment = objects.find(
        (object): object is Deployment =>
          object.kind === 'Deployment' && (object as Deployment).spec.template.metadata?.labels?.[key ?? ''] === value,
      );
      const ports = deployment?.spec.template.spec.containers.flatMap((container) => container.ports ?? []) ?? [];
      const target = service.spec.ports?.[0]?.targetPort;
      assert.ok(
        ports.some((port) => port.name === target || port.containerPort === target),
        `${service.metadata.name} has no port ${target}`,
      );
    }
  });
}

test('the app answers with its version, and is not ready any more after its hook was called', async () => {
  await using app = await App.start(APP, { args: ['2.0'], env: { HOSTNAME: 'app-1' } });
  assert.deepEqual(await app.get('/'), { status: 200, pod: 'app-1', body: { version: '2.0', pod: 'app-1' } });
  assert.equal((await app.get('/ready')).status, 200);
  assert.equal((await app.get('/shutdown')).status, 200);
  assert.equal((await app.get('/ready')).status, 503);
  assert.equal((await app.get('/')).status, 200, 'it still serves');
});

for (const signal of ['SIGTERM', 'SIGQUIT'] as const) {
  test(`at ${signal} the app closes its listener, finishes what it has accepted and exits with 0`, async () => {
    await using app = await App.start(APP, { env: { HOSTNAME: 'app-1' } });
    const slow = await app.begin('GET', '/?ms=700');
    app.signal(signal);
    await app.refuses();
    assert.deepEqual(JSON.parse(await textOf(slow)), { version: '1.0', pod: 'app-1' });
    assert.equal(await app.exit(), 0);
  });
}
