import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AddressesExhaustedError } from './addresspool.ts';
import type { PodNetwork } from './podnetwork.ts';

export interface PodNetworkFixture extends AsyncDisposable {
  /** A network without pods. */
  readonly network: PodNetwork;
  /** Lets `clients` connect to the pod, which listens but does not accept. Resolves when they are connected. */
  queueConnections(uid: string, clients: number): Promise<void>;
}

/** The law of `PodNetwork`. */
export function podNetworkSuite(name: string, open: () => Promise<PodNetworkFixture>): void {
  test(`${name}: each pod has an address of its own`, async () => {
    await using fixture = await open();
    const { network } = fixture;
    const pods = await Promise.all(['a', 'b', 'c'].map((uid) => network.add(uid)));
    assert.equal(new Set(pods.map((pod) => pod.ip)).size, 3);
    assert.equal(new Set(pods.map((pod) => pod.networkNamespacePath)).size, 3);
  });

  test(`${name}: adding a pod that is there gives what it has`, async () => {
    await using fixture = await open();
    const first = await fixture.network.add('a');
    assert.deepEqual(await fixture.network.add('a'), first);
  });

  test(`${name}: removing a pod that is not there succeeds`, async () => {
    await using fixture = await open();
    await fixture.network.remove('never');
    await fixture.network.add('a');
    await fixture.network.remove('a');
    await fixture.network.remove('a');
    assert.equal(fixture.network.sample('a'), undefined);
  });

  test(`${name}: an address that was given back is the last to be used again`, async () => {
    await using fixture = await open();
    const { network } = fixture;
    const { ip } = await network.add('a');
    await network.remove('a');
    const next = await network.add('b');
    assert.notEqual(next.ip, ip);
    await network.remove('b');
    const used = new Set<string>();
    for (let pod = 0; pod < 252; pod++) used.add((await network.add(`pod-${pod}`)).ip);
    assert.ok(!used.has(next.ip) && used.has(ip), 'all others come first');
    assert.equal((await network.add('last')).ip, next.ip);
    await assert.rejects(network.add('one too many'), AddressesExhaustedError);
    await network.remove('pod-7');
    await network.add('one too many');
  });

  test(`${name}: a new pod's sockets are silent`, async () => {
    await using fixture = await open();
    await fixture.network.add('a');
    const silent = { passiveOpens: 0, acceptQueue: 0, halfOpen: 0, listenDrops: 0, established: 0 };
    assert.deepEqual(fixture.network.sample('a'), silent);
  });

  test(`${name}: connections that wait to be accepted are seen, in the pod they wait for`, async () => {
    await using fixture = await open();
    const { network } = fixture;
    await network.add('a');
    await network.add('b');
    await fixture.queueConnections('a', 3);
    const { acceptQueue, passiveOpens, established, halfOpen } = network.sample('a')!;
    assert.deepEqual(
      { acceptQueue, passiveOpens, established, halfOpen },
      { acceptQueue: 3, passiveOpens: 3, established: 3, halfOpen: 0 },
    );
    assert.equal(network.sample('b')?.acceptQueue, 0);
  });
}
