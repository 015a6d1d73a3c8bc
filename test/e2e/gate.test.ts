import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { endpointConsumers, events, podReleases } from '../../src/api/resources.ts';
import { isPodReady } from '../../src/api/servicepods.ts';
import type { Pod } from '../../src/api/types/core.ts';
import type { PodRelease } from '../../src/api/types/segue.ts';
import { podManifest, serverContainer, serviceManifest } from '../support/manifests.ts';
import { tempDir } from '../support/tempdir.ts';
import { TestCluster } from '../support/testcluster.ts';

const LIMIT = { timeout: 60_000 };

let cluster: TestCluster;
let shared: AsyncDisposable & { readonly path: string };

before(async () => {
  shared = await tempDir();
  cluster = await TestCluster.start();
});
after(async () => {
  await cluster?.[Symbol.asyncDispose]();
  await shared?.[Symbol.asyncDispose]();
});

/** A pod behind a Service of its name, ready. It writes what happens to it into a file of its name. */
async function served(name: string, annotations: Record<string, string> = {}): Promise<void> {
  const env = [{ name: 'LOG', value: `/shared/${name}` }];
  const container = serverContainer({ env, volumeMounts: [{ name: 'shared', mountPath: '/shared' }] });
  const volumes = [{ name: 'shared', hostPath: { path: shared.path } }];
  const spec = { volumes, terminationGracePeriodSeconds: 20 };
  await cluster.ok('apply -f -', serviceManifest(name));
  await cluster.ok('apply -f -', podManifest(name, [container], { annotations, spec }));
  await cluster.pod(name, isPodReady);
}

/** When the process in pod `name` got SIGTERM, by its own clock. */
function signalledAt(name: string): number {
  const line = readFileSync(join(shared.path, name), 'utf8')
    .split('\n')
    .find((each) => each.startsWith('SIGTERM'));
  return Number(line?.split(' ')[1]);
}

function release(name: string, holds: (release: PodRelease) => boolean): Promise<PodRelease> {
  return cluster.until(podReleases, (all) => all.find((each) => each.metadata.name === name && holds(each)), 'default');
}

/** The kubelet reports how the wait ended and when the process was told, each by itself. */
const isReported = ({ status }: PodRelease) => status.stoppedAt !== undefined && status.outcome !== undefined;

const conditionOf = (pod: Pod) => pod.status?.conditions?.find(({ type }) => type === 'segue.dev/Released');

/** Registers a router that never says that it let go of anything. */
async function laggard(name: string, leaseDurationSeconds: number): Promise<void> {
  const consumer = {
    apiVersion: 'segue.dev/v1',
    kind: 'EndpointConsumer',
    metadata: { name },
    spec: { component: 'ingress', role: 'Consumer', leaseDurationSeconds },
  };
  await cluster.ok('create -f -', JSON.stringify(consumer));
}

test('routers and the publisher of endpoints can be looked at', LIMIT, async () => {
  await cluster.until(endpointConsumers, (all) => (all.every(({ status }) => status) && all.length >= 2) || undefined);
  const table = await cluster.ok('get endpointconsumers');
  assert.match(table, /^endpointslice-controller +endpointslice-controller +<none> +\d+ +\d+ /m);
  assert.match(table, /^node-1\.proxy +proxy +node-1 +\d+ +<none> /m);
});

test('a pod is told to stop after every router let go, and each step can be read', LIMIT, async () => {
  await served('normal');
  const gone = cluster.ok('delete pod normal');
  const { status, spec } = await release('normal', isReported);
  await gone;
  assert.deepEqual(
    [status.phase, status.outcome, status.waitingFor, spec.level],
    ['Released', 'Released', [], 'Observed'],
  );
  const steps = [status.deletedAt, status.publishedAt, status.releasedAt, status.quietAt, status.stoppedAt];
  const times = steps.map((time) => Date.parse(time ?? 'missing'));
  assert.deepEqual(
    times,
    times.toSorted((a, b) => a - b),
    steps.join(' '),
  );
  assert.ok(signalledAt('normal') >= Date.parse(status.releasedAt ?? ''), 'SIGTERM came after the release');
  assert.match(await cluster.ok('get podreleases'), /^normal +node-1 +Observed +Released +<none> +Released /m);
});

test(
  'while a router has not let go a pod serves on, until its cap; then it is stopped and the router is named',
  LIMIT,
  async () => {
    await laggard('slow.ingress', 600);
    try {
      await served('held', { 'segue.dev/release-timeout-seconds': '2' });
      const deleted = cluster.ok('delete pod held');
      const waiting = await release('held', (each) => each.status.waitingFor.join() === 'slow.ingress');
      assert.equal(waiting.status.phase, 'Waiting');
      assert.match(
        await cluster.ok('get podreleases held'),
        /^held +node-1 +Observed +Waiting +slow\.ingress +<none> /m,
      );
      const stopped = await cluster.pod('held', (pod) => conditionOf(pod)?.reason === 'TimedOut');
      assert.equal(conditionOf(stopped)?.status, 'True');
      const message = await cluster.until(
        events,
        (all) => all.find((event) => event.reason === 'ReleaseTimedOut' && event.type === 'Warning')?.message,
        'default',
      );
      assert.match(message, /still waiting for slow\.ingress$/);
      await deleted;
      const heldMs = signalledAt('held') - Date.parse(waiting.status.deletedAt);
      assert.ok(heldMs >= 1_900 && heldMs < 10_000, `told to stop after ${heldMs} ms`);
      assert.equal((await release('held', (each) => each.status.outcome !== undefined)).status.outcome, 'TimedOut');
    } finally {
      await cluster.ok('delete endpointconsumer slow.ingress');
    }
  },
);

test('the condition says how long the routers took', LIMIT, async () => {
  await served('told');
  const deleted = cluster.ok('delete pod told');
  const pod = await cluster.pod('told', (each) => conditionOf(each) !== undefined);
  await deleted;
  assert.equal(conditionOf(pod)?.reason, 'Observed');
  assert.match(
    conditionOf(pod)?.message ?? '',
    /^released after \d+ ms: routers let go after \d+ ms, sockets were quiet \d+ ms later$/,
  );
});

test('a router whose lease lapses holds nobody up any more, and an event says so', LIMIT, async () => {
  await laggard('dead.ingress', 1);
  await served('freed', { 'segue.dev/release-timeout-seconds': '15' });
  const deleted = cluster.ok('delete pod freed');
  const { status } = await release('freed', isReported);
  await deleted;
  assert.equal(status.outcome, 'Released');
  const message = await cluster.until(events, (all) => all.find(({ reason }) => reason === 'ConsumerLost')?.message);
  assert.match(message, /^dead\.ingress did not renew its lease of 1 s: it no longer holds up the release of pods$/);
  assert.match(await cluster.fails('get endpointconsumer dead.ingress'), /NotFound/);
});

test('a pod that asks for release None is told to stop although a router has not let go', LIMIT, async () => {
  await laggard('slow.ingress', 600);
  try {
    await served('unheld', { 'segue.dev/release': 'None' });
    const before = Date.now();
    await cluster.ok('delete pod unheld');
    assert.ok(signalledAt('unheld') - before < 5_000, `${signalledAt('unheld') - before} ms`);
    assert.equal((await release('unheld', (each) => each.status.outcome !== undefined)).status.outcome, 'NotRequired');
  } finally {
    await cluster.ok('delete endpointconsumer slow.ingress');
  }
});

test('with --grace-period=0 --force nobody is asked', LIMIT, async () => {
  await laggard('slow.ingress', 600);
  try {
    await served('now');
    const before = Date.now();
    await cluster.ok('delete pod now --grace-period=0 --force');
    assert.ok(Date.now() - before < 5_000);
    assert.match(await cluster.fails('get pod now'), /pods "now" not found/);
  } finally {
    await cluster.ok('delete endpointconsumer slow.ingress');
  }
});
