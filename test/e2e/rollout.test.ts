import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import type { Report } from '../../src/verify/report.ts';
import { deploymentManifest, serverContainer, serviceManifest } from '../support/manifests.ts';
import { type SegueEnd, SegueProcess } from '../support/segue.ts';
import { tempDir } from '../support/tempdir.ts';
import { TestCluster } from '../support/testcluster.ts';

const SHOP = join(import.meta.dirname, '../../examples/shop');
const LIMIT = { timeout: 100_000 };

async function verify(args: readonly string[]): Promise<SegueEnd> {
  await using segue = new SegueProcess(['verify', ...args]);
  return await segue.ended;
}

async function reportOf(args: readonly string[]): Promise<{ report: Report; end: SegueEnd }> {
  const end = await verify([...args, '--output', 'json']);
  assert.notEqual(end.stdout, '', end.stderr);
  return { report: JSON.parse(end.stdout) as Report, end };
}

/**
 * Nothing was lost, and the verdict says so. Where the machine was too busy for the load generator to keep its rate, the
 * verdict is that nothing was shown: never that all is well.
 */
function assertNothingLost({ report, end }: { report: Report; end: SegueEnd }, sent: number): void {
  assert.deepEqual([report.load.sent, report.load.answered, report.load.lost], [sent, sent, 0]);
  const broken = report.guarantees.filter(({ held }) => !held);
  assert.deepEqual(broken, []);
  const wanted = report.load.valid ? [0, 'NothingLost'] : [1, 'Inconclusive'];
  assert.deepEqual([end.code, report.verdict], wanted, report.because);
}

/** The ReplicaSets whose pods answered: their names are the pods' names without the last part. */
const replicaSetsOf = (report: Report) =>
  new Set(Object.keys(report.load.endpoints).map((pod) => pod.slice(0, pod.lastIndexOf('-'))));

describe('segue verify over a cluster of its own', () => {
  test('a rolling update of the shop loses nothing, and shows when each pod was told to stop', LIMIT, async () => {
    const change = 'set env deploy/web VERSION=2';
    const verified = await reportOf([SHOP, '--change', change, '--rate', '200', '--duration', '10s']);
    const { report } = verified;
    assertNothingLost(verified, 2000);
    assert.equal(replicaSetsOf(report).size, 2, 'pods of both versions answered');
    assert.equal(report.pods.length, 4);
    for (const pod of report.pods) {
      assert.equal(pod.outcome, 'Released');
      const { releasedMs = Number.NaN, quietMs = Number.NaN, stoppedMs = Number.NaN, goneMs = Number.NaN } = pod;
      assert.ok(releasedMs >= 0 && releasedMs <= quietMs, `${pod.name}: released ${releasedMs}, quiet ${quietMs}`);
      assert.ok(quietMs <= stoppedMs && stoppedMs <= goneMs, `${pod.name}: stopped ${stoppedMs}, gone ${goneMs}`);
    }
  });

  test(
    '--release None tells pods to stop without asking who still routes to them, and counts what that loses',
    LIMIT,
    async () => {
      await using folder = await tempDir();
      const objects = [serviceManifest('web'), deploymentManifest('web', [serverContainer()], { replicas: 2 })];
      await Promise.all(objects.map((object, index) => writeFile(join(folder.path, `${index}.json`), object)));
      const args = [folder.path, '--change', 'rollout restart deploy/web', '--rate', '300', '--duration', '6s'];
      const { report, end } = await reportOf([...args, '--release', 'None']);
      assert.equal(report.load.sent, 1800);
      assert.equal(report.load.answered + report.load.lost, 1800);
      assert.deepEqual(
        report.pods.map(({ outcome }) => outcome),
        ['NotRequired', 'NotRequired'],
      );
      assert.equal(replicaSetsOf(report).size, 2);
      const lost = Object.values(report.load.lostBy).reduce((sum, count) => sum + count, 0);
      assert.equal(lost, report.load.lost);
      assert.equal(end.code === 0, report.verdict === 'NothingLost');
      if (report.load.lost > 0) assert.equal(report.verdict, 'Lost');
    },
  );
});

describe('segue verify over a running cluster', () => {
  let cluster: TestCluster;
  before(async () => {
    cluster = await TestCluster.start({ args: ['--nodes', '2'] });
    await cluster.ok('apply -f -', serviceManifest('web'));
    await cluster.ok('apply -f -', deploymentManifest('web', [serverContainer()], { replicas: 4 }));
    await cluster.ok('rollout status deploy/web --timeout=60s');
  });
  after(() => cluster?.[Symbol.asyncDispose]());

  const changeTo = async (change: string) => {
    return reportOf([
      '--kubeconfig',
      cluster.kubeconfig,
      '--change',
      change,
      '--rate',
      '100',
      '--duration',
      '6s',
      '--change-after',
      '1s',
    ]);
  };

  test('deleting a pod loses nothing', LIMIT, async () => {
    const name = await cluster.ok('get pods -l app=web -o jsonpath={.items[0].metadata.name}');
    const verified = await changeTo(`delete pod/${name}`);
    assertNothingLost(verified, 600);
    assert.ok(verified.report.pods.some((pod) => pod.name === name && pod.outcome === 'Released'));
  });

  test('scaling down loses nothing', LIMIT, async () => {
    const verified = await changeTo('scale deploy/web --replicas=1');
    assertNothingLost(verified, 600);
    assert.equal(verified.report.pods.filter(({ name }) => name.startsWith('web-')).length, 3);
    assert.equal(await cluster.ok('get deploy web -o jsonpath={.status.replicas}'), '1');
  });

  test('restarting a Deployment loses nothing, also with the text that people read', LIMIT, async () => {
    const args = ['--kubeconfig', cluster.kubeconfig, '--change', 'rollout restart deploy/web'];
    const end = await verify([...args, '--rate', '100', '--duration', '6s', '--change-after', '1s']);
    assert.match(end.stdout, /^change {3}rollout restart deploy\/web, 1\.0 s after the load began$/m);
    assert.match(end.stdout, /^600 +600 +0 /m);
    const verdict =
      end.code === 0 ? /^NOTHING LOST: 600 requests sent, every one answered$/m : /^INCONCLUSIVE: the load was/m;
    assert.match(end.stdout, verdict);
    assert.match(end.stdout, /^held {5}ReleasedBeforeStop /m);
  });

  test('the cluster is left as it was: no pod of the load generator stays', LIMIT, async () => {
    await cluster.ok('wait --for=delete pod -l app.kubernetes.io/name=segue-verify --timeout=30s');
  });
});

test('a change that cannot be understood or made is said in one line', LIMIT, async () => {
  const unknown = await verify([SHOP, '--change', 'drain node-1']);
  assert.equal(unknown.code, 1);
  assert.match(unknown.stderr, /^segue: Cannot make the change "drain node-1": need one of set env [^\n]*\n$/);
  const late = await verify([
    SHOP,
    '--change',
    'rollout restart deploy/web',
    '--duration',
    '2s',
    '--change-after',
    '3s',
  ]);
  assert.equal(late.code, 1);
  assert.match(late.stderr, /^segue: Cannot make the change after 3000 ms: [^\n]*\n$/);
  const elsewhere = await verify(['--kubeconfig', '/nowhere', '--release', 'None', '--change', 'delete pod/x']);
  assert.equal(elsewhere.code, 1);
  assert.match(elsewhere.stderr, /^segue: Cannot set release level None in a running cluster: [^\n]*\n$/);
});
