import assert from 'node:assert/strict';
import { it } from 'node:test';
import type { ContainerConfig } from '../runtime.ts';
import { commandOf, hostPathOf } from './command.ts';
import { environmentOf, unmappedId, userOf } from './environment.ts';
import { signalNumber } from './signals.ts';

const config: ContainerConfig = {
  name: 'c',
  attempt: 0,
  image: {
    id: 'i',
    entrypoint: ['enter'],
    cmd: ['run'],
    env: { A: 'image', B: 'image' },
    workingDir: undefined,
    stopSignal: 'SIGTERM',
  },
  command: [],
  args: [],
  workingDir: undefined,
  env: { A: 'pod' },
  mounts: [],
  runAsUser: undefined,
  runAsGroup: undefined,
  logPath: '/log',
};
const PASSWD = 'root:x:0:0::/root:/bin/sh\nwww:x:33:34::/var/www:/bin/false\n';

it("combines command and args with the image's as Kubernetes does", () => {
  assert.deepEqual(commandOf(config), ['enter', 'run']);
  assert.deepEqual(commandOf({ ...config, args: ['a'] }), ['enter', 'a']);
  assert.deepEqual(commandOf({ ...config, command: ['c'] }), ['c']);
  assert.deepEqual(commandOf({ ...config, command: ['c'], args: ['a'] }), ['c', 'a']);
});

it('lets the pod overrule the image, and both the defaults, in the environment', () => {
  const env = environmentOf(config, { hostname: 'web-0', home: '/root' });
  assert.deepEqual([env['A'], env['B'], env['HOSTNAME'], env['HOME']], ['pod', 'image', 'web-0', '/root']);
  assert.equal(environmentOf({ ...config, env: { HOME: '/x' } }, { hostname: 'h', home: '/root' })['HOME'], '/x');
});

it("takes a user's group and home from passwd(5), and group 0 for one that is not there", () => {
  assert.deepEqual(userOf(config, PASSWD), { uid: 0, gid: 0, home: '/root', inherited: true });
  assert.deepEqual(userOf({ ...config, runAsUser: 33 }, PASSWD), {
    uid: 33,
    gid: 34,
    home: '/var/www',
    inherited: false,
  });
  assert.deepEqual(userOf({ ...config, runAsUser: 77 }, PASSWD), { uid: 77, gid: 0, home: '/', inherited: false });
  assert.equal(userOf({ ...config, runAsUser: 33, runAsGroup: 5 }, PASSWD).gid, 5);
});

it('reads which ids a user namespace has', () => {
  assert.equal(unmappedId('         0       1000          1\n', 0), false);
  assert.equal(unmappedId('         0       1000          1\n', 1), true);
  assert.equal(unmappedId('0 1000 1\n1 100000 65536\n', 65_536), false);
});

it('finds what the container sees at a path through the deepest mount', () => {
  const mounts = [
    { hostPath: '/host/a', containerPath: '/data/', readOnly: false },
    { hostPath: '/host/b', containerPath: '/data/sub', readOnly: false },
  ];
  assert.equal(hostPathOf('/data/x', mounts), '/host/a/x');
  assert.equal(hostPathOf('/data/sub/bin/x', mounts), '/host/b/bin/x');
  assert.equal(hostPathOf('/database', mounts), '/database');
});

it('knows signals by all their names', () => {
  assert.deepEqual(
    ['SIGTERM', 'QUIT', '15', 'SIGRTMIN', 'SIGRTMIN+3', 'RTMIN+3'].map(signalNumber),
    [15, 3, 15, 34, 37, 37],
  );
  for (const name of ['SIGNOPE', '0', '65', 'SIGRTMIN+x'])
    assert.throws(() => signalNumber(name), /there is none of that name/);
});
