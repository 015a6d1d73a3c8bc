import assert from 'node:assert/strict';
import { it } from 'node:test';
import { type HostViewInput, planHostView } from './hostview.ts';
import { mountOf, parseMountinfo } from './mountinfo.ts';

const MOUNTINFO = `21 1 254:0 / / rw,relatime - ext4 /dev/vda rw
22 21 0:20 / /proc rw - proc proc rw
23 21 0:21 / /sys rw - sysfs sysfs rw
24 21 0:5 / /dev rw - devtmpfs dev rw
25 21 0:30 / /run rw,nosuid,nodev - tmpfs tmpfs rw
26 21 254:1 / /home rw,nodev shared:3 - xfs /dev/vdb rw
27 21 0:40 / /mnt/my\\040share rw - nfs4 server:/x rw
28 27 0:41 / /mnt/my\\040share/deep rw - tmpfs tmpfs rw
`;

const input: HostViewInput = {
  mounts: parseMountinfo(MOUNTINFO),
  rootEntries: [
    ...['etc', 'home', 'mnt', 'dev', 'sys', 'proc', 'run'].map((name) => ({ name, kind: 'directory' as const })),
    { name: '.dockerenv', kind: 'other' },
  ],
  userNamespace: false,
  skeleton: '/run/segue/skeleton',
  own: ['/run/segue'],
};

it('overlays the root and every file system of files, and binds the rest', () => {
  assert.deepEqual(planHostView(input), {
    overlays: [
      { path: '/', lower: '/' },
      { path: '/home', lower: '/home' },
      { path: '/dev', lower: undefined },
      { path: '/run', lower: undefined },
    ],
    binds: ['/sys', '/mnt/my share'],
  });
});

it('overlays the directories of the root one by one where mounts are locked', () => {
  assert.deepEqual(planHostView({ ...input, userNamespace: true }), {
    overlays: [
      { path: '/', lower: '/run/segue/skeleton' },
      { path: '/etc', lower: '/etc' },
      { path: '/home', lower: '/home' },
      { path: '/dev', lower: undefined },
      { path: '/run', lower: undefined },
    ],
    binds: ['/mnt', '/sys', '/.dockerenv'],
  });
});

it('leaves out what the runtime keeps for itself', () => {
  const mounts = parseMountinfo(`${MOUNTINFO}29 21 0:50 / /srv/segue rw - tmpfs tmpfs rw\n`);
  assert.ok(planHostView({ ...input, mounts }).overlays.some(({ path }) => path === '/srv/segue'));
  const own = ['/srv/segue'];
  assert.ok(!planHostView({ ...input, mounts, own }).overlays.some(({ path }) => path === '/srv/segue'));
});

it('finds the mount of a path', () => {
  assert.equal(mountOf(input.mounts, '/home/me')?.fsType, 'xfs');
  assert.equal(mountOf(input.mounts, '/homes')?.path, '/');
  assert.deepEqual(mountOf(input.mounts, '/run/x')?.options, ['rw', 'nosuid', 'nodev']);
});
