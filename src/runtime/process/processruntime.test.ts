import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { it } from 'node:test';
import { fileURLToPath } from 'node:url';

const TESTS = fileURLToPath(new URL('./processruntime.sandboxed.ts', import.meta.url));
const NOBODY = ['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups'];
const USER_NAMESPACE = ['--user', '--map-root-user'];
const isRoot = process.getuid?.() === 0;

/** A shell as pid 1 that reaps orphans, with a /run of its own. */
const REAPER = 'mount -t tmpfs tmpfs /run && { "$@" & wait $!; }';

interface Sandbox {
  readonly user: readonly string[];
  readonly namespaces: readonly string[];
}

/** Runs Node with `args` in a sandbox of its own, to its end: what it leaves behind dies with it. */
async function runInSandbox(options: Sandbox, args: readonly string[]): Promise<{ code: number; said: string }> {
  const sandbox = [
    'unshare',
    '--net',
    '--mount',
    '--pid',
    '--fork',
    '--kill-child',
    '--mount-proc',
    ...options.namespaces,
  ];
  const shell = ['sh', '-c', REAPER, 'sh', process.execPath, ...args];
  const { NODE_TEST_CONTEXT: _, ...env } = process.env;
  const [command, ...rest] = [...options.user, 'setpriv', '--pdeathsig', 'KILL', ...sandbox, ...shell];
  const child = spawn(command!, rest, { stdio: ['ignore', 'pipe', 'pipe'], env });
  let said = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (chunk: string) => {
      said += chunk;
    });
  }
  const [code] = await once(child, 'close');
  return { code, said };
}

async function runTests(options: Sandbox): Promise<void> {
  const { code, said } = await runInSandbox(options, ['--test-reporter=spec', TESTS]);
  assert.equal(code, 0, said);
  assert.match(said, /ℹ pass [1-9]/, said);
}

if (isRoot) {
  it('keeps the law as root, in namespaces of its own', async () => {
    await runTests({ user: [], namespaces: [] });
  });
}

it('keeps the law without privileges, in a user namespace', async () => {
  const reachable = isRoot && spawnSync(NOBODY[0]!, [...NOBODY.slice(1), process.execPath, '-e', '0']).status === 0;
  await runTests({ user: reachable ? NOBODY : [], namespaces: USER_NAMESPACE });
});

it('leaves no process behind when it is killed', async () => {
  const marker = `${process.pid}987`;
  const start = `
    import { silentLog as log } from '${module('../../base/log.ts')}';
    import { systemClock as clock, systemRandom as random } from '${module('../../base/system.ts')}';
    import { ProcessRuntime } from '${module('./processruntime.ts')}';
    const runtime = new ProcessRuntime({ env: { clock, random, log }, stateDir: '/run/state' });
    const pod = { uid: 'u', name: 'p', namespace: 'd', hostname: 'p', networkNamespacePath: undefined, files: {} };
    const image = { id: 'i', entrypoint: [], cmd: [], env: {}, workingDir: undefined, stopSignal: 'SIGTERM' };
    const command = ['sh', '-c', 'setsid sleep ${marker} & exec sleep ${marker}'];
    const config = { name: 'c', attempt: 0, image, command, args: [], env: {}, mounts: [], ${isRoot ? 'runAsUser: 1234' : ''} };
    const id = await runtime.createContainer(await runtime.runPodSandbox(pod), { ...config, logPath: '/run/log' });
    console.log((await runtime.startContainer(id)).phase);
    process.kill(process.pid, 'SIGKILL');`;
  const { code, said } = await runInSandbox({ user: [], namespaces: isRoot ? [] : USER_NAMESPACE }, [
    '--input-type=module',
    '-e',
    start,
  ]);
  assert.deepEqual([code, said.split('\n')[0]], [137, 'Running'], said);
  assert.deepEqual(processesWith(marker), []);
});

function module(path: string): string {
  return new URL(path, import.meta.url).href;
}

/** Processes of the whole machine that have `text` in their command line. */
function processesWith(text: string): string[] {
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  return pids.filter((pid) => {
    try {
      return readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(text);
    } catch {
      return false; // It ended while we looked.
    }
  });
}
