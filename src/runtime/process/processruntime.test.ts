import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { it } from 'node:test';
import { fileURLToPath } from 'node:url';

const TESTS = fileURLToPath(new URL('./processruntime.sandboxed.ts', import.meta.url));
const NOBODY = ['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups'];
const isRoot = process.getuid?.() === 0;

/** A shell as pid 1 that reaps orphans, with a /run of its own. */
const REAPER = 'mount -t tmpfs tmpfs /run && { "$@" & wait $!; }';

/** Runs the tests in a sandbox of their own: what they leave behind dies with it. */
async function runInSandbox(options: { user: readonly string[]; namespaces: readonly string[] }): Promise<void> {
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
  const shell = ['sh', '-c', REAPER, 'sh', process.execPath, '--test-reporter=spec', TESTS];
  const { NODE_TEST_CONTEXT: _, ...env } = process.env;
  const [command, ...args] = [...options.user, 'setpriv', '--pdeathsig', 'KILL', ...sandbox, ...shell];
  const child = spawn(command!, args, { stdio: ['ignore', 'pipe', 'pipe'], env });
  let said = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (chunk: string) => {
      said += chunk;
    });
  }
  const [code] = await once(child, 'close');
  assert.equal(code, 0, said);
  assert.match(said, /ℹ pass [1-9]/, said);
}

it('keeps the law as root, in namespaces of its own', { skip: !isRoot && 'needs root' }, async () => {
  await runInSandbox({ user: [], namespaces: [] });
});

it('keeps the law without privileges, in a user namespace', async () => {
  const reachable = isRoot && spawnSync(NOBODY[0]!, [...NOBODY.slice(1), process.execPath, '-e', '0']).status === 0;
  await runInSandbox({ user: reachable ? NOBODY : [], namespaces: ['--user', '--map-root-user'] });
});
