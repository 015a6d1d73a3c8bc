import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readlinkSync } from 'node:fs';
import { test } from 'node:test';
import { AssertionError } from '../base/assert.ts';
import { createNetworkNamespace, inNetworkNamespace, openNetworkNamespace } from './namespaces.ts';
import { NETLINK_ROUTE, NetlinkSocket } from './netlink.ts';
import { createBridge, linkIndex, links } from './rtnetlink.ts';
import { inSandbox } from './sandbox.fixture.ts';
import { kernelSupport } from './support.ts';
import { writeSysctl } from './sysctl.ts';

const MAC = Buffer.from([2, 0, 0, 0, 0, 1]);

function here(): string {
  return readlinkSync('/proc/thread-self/ns/net');
}

inSandbox(import.meta.filename, () => {
  test('the thread comes back, from a function that returns and from one that throws', () => {
    const home = here();
    const namespace = createNetworkNamespace();
    assert.equal(here(), home);
    const away = inNetworkNamespace(namespace, here);
    assert.notEqual(away, home);
    assert.throws(
      () =>
        inNetworkNamespace(namespace, () => {
          throw new Error('inside');
        }),
      /inside/,
    );
    assert.equal(here(), home);
    namespace.close();
  });

  test('a namespace within a namespace comes back one step at a time', () => {
    const [outer, inner] = [createNetworkNamespace(), createNetworkNamespace()];
    const [before, within, after] = inNetworkNamespace(outer, () => [here(), inNetworkNamespace(inner, here), here()]);
    assert.equal(before, after);
    assert.notEqual(before, within);
    outer.close();
    inner.close();
  });

  test('what runs inside must not be asynchronous', () => {
    const namespace = createNetworkNamespace();
    const home = here();
    assert.throws(() => inNetworkNamespace(namespace, () => Promise.resolve()), AssertionError);
    assert.equal(here(), home);
    namespace.close();
  });

  test('the path leads other processes in, and a socket stays where it was opened', () => {
    const namespace = createNetworkNamespace();
    const socket = inNetworkNamespace(namespace, () => new NetlinkSocket(NETLINK_ROUTE));
    socket.request([createBridge('only-here', MAC)]);
    const seen = execFileSync('nsenter', [`--net=${namespace.path}`, 'cat', '/proc/net/dev'], { encoding: 'utf8' });
    assert.match(seen, /only-here/);
    const again = openNetworkNamespace(namespace.path);
    namespace.close();
    namespace.close();
    const other = inNetworkNamespace(again, () => new NetlinkSocket(NETLINK_ROUTE));
    assert.deepEqual(
      links(other).map((link) => link.name),
      ['lo', 'only-here'],
    );
    for (const open of [socket, other, again]) open.close();
  });

  test('a refused message says what was asked, and the others of the datagram are done', () => {
    const namespace = createNetworkNamespace();
    const socket = inNetworkNamespace(namespace, () => new NetlinkSocket(NETLINK_ROUTE));
    const twice = [createBridge('a', MAC), createBridge('a', MAC), createBridge('b', MAC)];
    assert.throws(() => socket.request(twice), { code: 'EEXIST', message: /^Cannot make the bridge a: EEXIST/ });
    assert.notEqual(linkIndex(socket, 'b'), undefined);
    assert.equal(linkIndex(socket, 'c'), undefined);
    socket.close();
    namespace.close();
  });

  test('a setting is written in the namespace that is named, and an unknown one is an error', () => {
    const namespace = createNetworkNamespace();
    const outside = execFileSync('cat', ['/proc/sys/net/ipv4/ip_forward'], { encoding: 'utf8' });
    writeSysctl(namespace, 'net.ipv4.ip_forward', 1);
    const inside = inNetworkNamespace(namespace, () =>
      execFileSync('cat', ['/proc/sys/net/ipv4/ip_forward'], { encoding: 'utf8' }),
    );
    assert.deepEqual([inside.trim(), outside.trim()], ['1', '0']);
    assert.throws(() => writeSysctl(namespace, 'net.ipv4.no_such_thing', 1), { code: 'ENOENT' });
    namespace.close();
  });

  test('this kernel has all that nodes and pods need', () => {
    assert.deepEqual(kernelSupport(), []);
  });
});
