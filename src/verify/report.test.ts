import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatReport } from './formatreport.ts';
import { HistoryFixture } from './history.fixture.ts';
import { buildReport, exitCodeOf } from './report.ts';

/** Two pods; `web-a` leaves in good order and `web-c` takes its place. */
function goodRollout(): HistoryFixture {
  return new HistoryFixture()
    .deployment(0, { replicas: 2 })
    .replicaSet(0, 'web-1', 2)
    .pod(0, 'web-a', { ready: true })
    .pod(0, 'web-b', { ready: true })
    .replicaSet(1100, 'web-2', 1)
    .pod(1200, 'web-c', { ready: true })
    .replicaSet(1210, 'web-1', 1)
    .pod(1250, 'web-a', { ready: true, deleting: true })
    .release(1290, 'web-a', { deleted: 1250, released: 1262, quiet: 1270, stopped: 1271, outcome: 'Released' })
    .podGone(1400, 'web-a');
}

test('a change under load that lost nothing gives exit code 0 and the times of each deleted pod', () => {
  const endpoints = { 'web-a': { answered: 1234, firstAt: 5, lastAt: 1260 } };
  const report = buildReport(goodRollout().history({ load: { endpoints } }));
  assert.equal(report.verdict, 'NothingLost');
  assert.equal(exitCodeOf(report), 0);
  assert.equal(report.rolloutMs, 2500);
  assert.deepEqual(report.pods, [
    {
      name: 'web-a',
      namespace: 'default',
      nodeName: 'node-1',
      deletedAt: 1250,
      releasedMs: 12,
      quietMs: 20,
      stoppedMs: 21,
      goneMs: 150,
      outcome: 'Released',
      answered: 1234,
      lost: 0,
    },
  ]);
  assert.deepEqual(report.deployments, [
    {
      name: 'default/web',
      replicas: 2,
      minAvailable: 2,
      fewestAvailable: 2,
      maxReplicas: 3,
      mostAsked: 3,
      mostPods: 3,
    },
  ]);
});

test('a lost request gives exit code 1 and is counted at the pod it is put down to', () => {
  const report = buildReport(goodRollout().loss(1300, 'refused').history());
  assert.equal(report.verdict, 'Lost');
  assert.equal(exitCodeOf(report), 1);
  assert.equal(report.pods[0]?.lost, 1);
  assert.equal(report.guarantees.find(({ name }) => name === 'NoRequestLost')?.held, false);
});

test('a loss that no guarantee forbids is still a loss', () => {
  const report = buildReport(new HistoryFixture().loss(1300, 'refused').history());
  assert.equal(
    report.guarantees.every(({ held }) => held),
    true,
  );
  assert.equal(exitCodeOf(report), 1);
});

test('a broken guarantee gives exit code 1 though nothing was lost', () => {
  const report = buildReport(goodRollout().pod(1500, 'web-b', { ready: true, deleting: true }).history());
  assert.equal(report.verdict, 'Broken');
  assert.match(report.because, /NeverBelowMinAvailable/);
  assert.equal(exitCodeOf(report), 1);
});

const INCONCLUSIVE = {
  'the generator did not keep its rate': { load: { valid: false, invalidBecause: 'too slow' } },
  'the change was not complete when the load ended': { settledAt: undefined },
  'nothing was sent': { load: { sent: 0, answered: 0 } },
};

for (const [why, facts] of Object.entries(INCONCLUSIVE)) {
  test(`nothing is claimed when ${why}`, () => {
    const { settledAt: _, ...history } = goodRollout().history('load' in facts ? { load: facts.load } : {});
    const report = buildReport('settledAt' in facts ? history : { ...history, settledAt: 3500 });
    assert.equal(report.verdict, 'Inconclusive');
    assert.equal(exitCodeOf(report), 1);
  });
}

test('the printed report reads from what was done to the verdict', () => {
  const endpoints = { 'web-a': { answered: 1234, firstAt: 5, lastAt: 1260 } };
  const text = formatReport(buildReport(goodRollout().history({ load: { endpoints } })), { colour: false });
  assert.equal(
    text,
    `change   set env deploy/web VERSION=2, 1.0 s after the load began
load     http://10.96.1.2/  1,000 requests/s, even, a new connection each, 20.0 s

SENT     ANSWERED   LOST   P50      P99      P99.9    MAX
20,000   20,000     0      1.2 ms   4.5 ms   9.0 ms   12.3 ms

rollout  2.5 s

DEPLOYMENT    REPLICAS   FEWEST AVAILABLE   MOST ASKED FOR   MOST PODS
default/web   2          2 (at least 2)     3 (at most 3)    3

POD     NODE     RELEASED   QUIET   TOLD TO STOP   GONE     OUTCOME    ANSWERED   LOST
web-a   node-1   12 ms      20 ms   21 ms          150 ms   Released   1,234      0
times count from the pod's deletion; told to stop after 21 ms in the median, 21 ms at most

held     NoRequestLost            a request sent while at least one ready pod existed got its whole answer
held     ReleasedBeforeStop       no container got preStop or a stop signal while a live router could still give it new work, unless the cap was reached and an event says so
held     NeverBelowMinAvailable   a rolling Deployment that was available stayed at or above replicas − maxUnavailable available pods
held     NeverAboveSurge          the ReplicaSets of a rolling Deployment never asked for more than replicas + maxSurge pods

NOTHING LOST: 20,000 requests sent, every one answered
`,
  );
});

test('losses are printed by kind, and grouped by the pod they are put down to', () => {
  const fixture = goodRollout()
    .loss(1280, 'refused')
    .loss(1301, 'refused')
    .loss(500, 'serverError', { phase: 'answered' });
  const text = formatReport(buildReport(fixture.history()), { colour: false });
  assert.match(text, /^lost {5}2 refused, 1 5xx$/m);
  assert.match(text, /^2 +refused +connecting +1\.3 s +web-a +told to stop 9 to 30 ms before$/m);
  assert.match(text, /^1 +5xx +answered +0\.5 s +- +-$/m);
  assert.match(text, /^LOST: 3 requests of 20,000 lost$/m);
});

test('colours are only in what is printed for a terminal', () => {
  const report = buildReport(goodRollout().history());
  assert.equal(formatReport(report, { colour: false }).includes('\u001b'), false);
  assert.equal(formatReport(report, { colour: true }).includes('\u001b[32mNOTHING LOST\u001b[0m'), true);
});
