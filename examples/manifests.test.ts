import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { parse, parseAllDocuments } from 'yaml';
import type { Deployment } from '../src/api/types/apps.ts';
import type { Pod, PodSpec, Service } from '../src/api/types/core.ts';
import { startTestServer } from '../src/apiserver/apiserver.fixture.ts';

const CORE: Record<string, string> = {
  Pod: '/api/v1/namespaces/default/pods',
  Service: '/api/v1/namespaces/default/services',
};
const FOLDERS = ['./shop/', './articles/', './articles/changes/'].map((path) => new URL(path, import.meta.url));

/** An entry of an images file, as far as the examples use it. */
interface ImageEntry {
  readonly names: string[];
  readonly entrypoint: string[];
  readonly workingDir: string;
}

function objectsIn(folder: URL): (Deployment | Pod | Service)[] {
  const files = readdirSync(folder).filter((name) => name.endsWith('.yaml') && name !== 'images.yaml');
  return files.flatMap((name) =>
    parseAllDocuments(readFileSync(new URL(name, folder), 'utf8')).map((document) => {
      assert.deepEqual(document.errors, [], name);
      return document.toJS() as Deployment | Pod | Service;
    }),
  );
}

/** Names that the folder's images file gives a meaning, whose program and scripts are there. */
function imageNames(folder: URL): string[] {
  const file = parse(readFileSync(new URL('images.yaml', folder), 'utf8')) as { images: ImageEntry[] };
  return file.images.flatMap(({ names, entrypoint, workingDir }) => {
    const [program, script = ''] = entrypoint;
    assert.match(program ?? '', /^\$\{node\}$/);
    assert.ok(existsSync(new URL(`${workingDir}/${script}`, folder)), `${script} is there`);
    return names;
  });
}

function podSpecOf(object: Deployment | Pod | Service): PodSpec | undefined {
  if (object.kind === 'Pod') return (object as Pod).spec;
  return object.kind === 'Deployment' ? (object as Deployment).spec.template.spec : undefined;
}

for (const folder of FOLDERS) {
  const name = folder.pathname.split('/').slice(-3, -1).join('/');

  test(`${name}: every image has a meaning, no manifest names a path of a machine, no two objects have the same name`, () => {
    const known = imageNames(name.endsWith('changes') ? new URL('../', folder) : folder);
    const objects = objectsIn(folder);
    assert.ok(objects.length > 0);
    for (const container of objects.flatMap((object) => podSpecOf(object)?.containers ?? [])) {
      assert.ok(known.includes(container.image?.split(':')[0] ?? ''), `${container.image} has no meaning`);
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

  test(`${name}: the API takes every object as it is`, async () => {
    await using server = await startTestServer();
    for (const object of objectsIn(folder)) {
      const collection =
        object.kind === 'Deployment' ? '/apis/apps/v1/namespaces/default/deployments' : CORE[object.kind];
      const query = 'fieldValidation=Strict';
      const { status, text } = await server.ask(`POST ${collection}?${query}`, { body: object });
      assert.equal(status, 201, text);
    }
  });
}
