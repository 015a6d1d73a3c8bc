import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { it } from 'node:test';
import { RuntimeError } from '../runtime.ts';
import { HostImages, parseImageName } from './hostimages.ts';

const BARE = { hasCommand: false };
const WITH_COMMAND = { hasCommand: true };

function withPrograms(programs: readonly string[], work: (searchPath: string) => Promise<void>): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'segue-images-'));
  for (const program of programs) writeFileSync(join(folder, program), '', { mode: 0o755 });
  return work(folder).finally(() => rmSync(folder, { recursive: true }));
}

function pullError(text: RegExp): (error: unknown) => boolean {
  return (error) => error instanceof RuntimeError && error.reason === 'ErrImagePull' && text.test(error.message);
}

it('takes image names with and without registry, tag and digest', () => {
  const names = ['nginx', 'nginx:1.27', 'library/nginx', 'docker.io/nginx', 'docker.io/library/nginx:1.27'];
  for (const image of names) assert.equal(parseImageName(image).name, 'nginx');
  assert.deepEqual(parseImageName(`nginx:1.27@sha256:${'0'.repeat(64)}`), { name: 'nginx', tag: '1.27' });
  assert.deepEqual(parseImageName('localhost:5000/shop/web:v1'), { name: 'localhost:5000/shop/web', tag: 'v1' });
  assert.deepEqual(parseImageName('registry.k8s.io/pause'), { name: 'registry.k8s.io/pause', tag: 'latest' });
  for (const image of ['', 'Nginx', 'a b', 'nginx:'])
    assert.throws(() => parseImageName(image), pullError(/couldn't parse image name/));
});

it('knows nginx by its program and stop signal, and says what to install without it', async () => {
  await withPrograms(['nginx'], async (searchPath) => {
    const info = await new HostImages({ searchPath }).pullImage('nginx:1.27', BARE);
    assert.equal(info.id, 'host:nginx:1.27');
    assert.equal(info.cmd[0], 'nginx');
    assert.equal(info.stopSignal, 'SIGQUIT');
    assert.ok(info.files?.['/etc/nginx/nginx.conf']);
  });
  await withPrograms([], async (searchPath) => {
    const images = new HostImages({ searchPath });
    const message =
      /^Cannot pull image "nginx:1\.27": nginx not installed on this machine, need "apt install nginx" or a "command"/;
    await assert.rejects(images.pullImage('nginx:1.27', BARE), pullError(message));
    assert.equal((await images.pullImage('nginx:1.27', WITH_COMMAND)).stopSignal, 'SIGQUIT');
  });
});

it('takes any image name for a container with a command of its own', async () => {
  const images = new HostImages();
  await assert.rejects(
    images.pullImage('shop/web:1', BARE),
    pullError(/^Cannot pull image "shop\/web:1": .* need a "command"/),
  );
  const info = await images.pullImage('shop/web:1', WITH_COMMAND);
  assert.deepEqual([info.entrypoint, info.cmd, info.stopSignal], [[], [], 'SIGTERM']);
});

it('runs node and the echo servers with the Node that runs it', async () => {
  const images = new HostImages({ searchPath: '/nowhere' });
  const node = await images.pullImage('node:22', BARE);
  assert.ok(node.env['PATH']?.startsWith(join(process.execPath, '..')));
  const hello = await images.pullImage('gcr.io/google-samples/hello-app:2.0', BARE);
  assert.equal(hello.entrypoint[0], process.execPath);
  assert.equal(hello.entrypoint.at(-1), '-hello=2.0');
});

it('lets the entries of a file of the user come first', async () => {
  await withPrograms(['webd'], async (searchPath) => {
    const imagesFile = join(searchPath, 'images.yaml');
    writeFileSync(imagesFile, 'images:\n  - names: [nginx, shop/web]\n    program: webd\n    entrypoint: [webd]\n');
    const images = new HostImages({ searchPath, imagesFiles: [imagesFile] });
    for (const image of ['nginx', 'shop/web:3']) {
      assert.deepEqual((await images.pullImage(image, BARE)).entrypoint, ['webd']);
    }
  });
});
