import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { IntOrString } from '../../api/types/meta.ts';
import { below, seededRandom } from '../../base/random.ts';
import { rolloutBoundsOf } from './bounds.ts';
import { planDeployment } from './plan.ts';
import { DESIRED_REPLICAS, MAX_REPLICAS, REVISION, REVISION_HISTORY } from './revisions.ts';
import { deploymentOf, Rollout, START, templateOf } from './rollout.fixture.ts';
import { HASH_LABEL, templateHash } from './templatehash.ts';

const rolling = (maxSurge: IntOrString, maxUnavailable: IntOrString) => ({
  type: 'RollingUpdate' as const,
  rollingUpdate: { maxSurge, maxUnavailable },
});

test('a new Deployment gets a set named after its template, labelled so that its pods are told apart', () => {
  const deployment = deploymentOf();
  const { create, revision, status } = planDeployment(deployment, [], START);
  const hash = templateHash(deployment.spec.template, undefined);
  assert.match(hash, /^[bcdfghjklmnpqrstvwxz2456789]+$/);
  assert.equal(create?.metadata.name, `web-${hash}`);
  assert.deepEqual(create?.metadata.labels, { app: 'web', [HASH_LABEL]: hash });
  assert.deepEqual(create?.spec.selector, { matchLabels: { app: 'web', [HASH_LABEL]: hash } });
  assert.deepEqual(create?.spec.template.metadata?.labels, { app: 'web', [HASH_LABEL]: hash });
  assert.equal(create?.spec.replicas, 3);
  assert.deepEqual(create?.metadata.annotations, { [REVISION]: '1', [DESIRED_REPLICAS]: '3', [MAX_REPLICAS]: '4' });
  assert.equal(create?.metadata.ownerReferences?.[0]?.uid, 'd');
  assert.equal(revision, '1');
  const progress = status.conditions?.find(({ type }) => type === 'Progressing');
  assert.deepEqual([progress?.status, progress?.reason], ['True', 'NewReplicaSetCreated']);
  assert.equal(progress?.message, `Created new replica set "web-${hash}"`);
});

test('a collision of names gives the same template another one', () => {
  const { template } = deploymentOf().spec;
  const reordered = { spec: template.spec, metadata: template.metadata ?? {} };
  assert.equal(templateHash(template, undefined), templateHash(reordered, undefined));
  assert.notEqual(templateHash(template, undefined), templateHash(template, 1));
  assert.notEqual(templateHash(template, undefined), templateHash(templateOf('two'), undefined));
});

const BOUNDS: [number, IntOrString, IntOrString, number, number][] = [
  [3, '25%', '25%', 1, 0],
  [10, '25%', '25%', 3, 2],
  [4, 1, 0, 1, 0],
  [4, 0, 1, 0, 1],
  [1, '0%', '10%', 0, 1],
  [2, 5, 5, 5, 2],
  [0, '25%', '25%', 0, 0],
];

for (const [replicas, maxSurge, maxUnavailable, surge, unavailable] of BOUNDS) {
  test(`of ${replicas} replicas a surge of ${maxSurge} is ${surge}, and ${maxUnavailable} unavailable is ${unavailable}`, () => {
    const bounds = rolloutBoundsOf(deploymentOf({ replicas, strategy: rolling(maxSurge, maxUnavailable) }));
    assert.deepEqual(bounds, { replicas, maxSurge: surge, maxUnavailable: unavailable });
  });
}

const STORIES: [string, IntOrString, IntOrString, string[]][] = [
  ['one more at a time', 1, 0, ['two 0→1', 'one 3→2', 'two 1→2', 'one 2→1', 'two 2→3', 'one 1→0']],
  ['one fewer at a time', 0, 1, ['two 0→0', 'one 3→2', 'two 0→1', 'one 2→1', 'two 1→2', 'one 1→0', 'two 2→3']],
  ['all at once', '100%', 0, ['two 0→3', 'one 3→0']],
  ['all gone first', 0, '100%', ['two 0→0', 'one 3→0', 'two 0→3']],
];

for (const [name, maxSurge, maxUnavailable, story] of STORIES) {
  test(`a rolling update of 3 replicas goes ${name}`, () => {
    const rollout = new Rollout({ strategy: rolling(maxSurge, maxUnavailable) });
    rollout.settle(seededRandom(1));
    rollout.story.length = 0;
    rollout.change({ template: templateOf('two') });
    rollout.settle(seededRandom(1));
    assert.deepEqual(rollout.story, story);
    assert.equal(rollout.condition('Progressing')?.reason, 'NewReplicaSetAvailable');
  });
}

test('Recreate makes no new pod before every old one is gone, those being stopped included', () => {
  const rollout = new Rollout({ strategy: { type: 'Recreate' } });
  rollout.settle(seededRandom(1));
  rollout.change({ template: templateOf('two') });
  rollout.sync();
  assert.deepEqual(rollout.sizes, { one: 0 });
  rollout.sync();
  assert.deepEqual(rollout.sizes, { one: 0 }, 'the set has not said that its pods are gone');
  const [old] = rollout.sets;
  assert.ok(old);
  rollout.playSet(old);
  const played = rollout.played.get(old.metadata.name);
  assert.ok(played?.set.status);
  played.set.status.terminatingReplicas = 1;
  rollout.sync();
  assert.deepEqual(rollout.sizes, { one: 0 }, 'one pod is still being stopped');
  played.set.status.terminatingReplicas = 0;
  rollout.sync();
  assert.deepEqual(rollout.sizes, { one: 0, two: 3 });
});

test('old pods that never became ready are the first to go', () => {
  const random = seededRandom(1);
  const rollout = new Rollout({ replicas: 4, strategy: rolling(0, 1) });
  rollout.settle(random);
  rollout.change({ template: templateOf('bad') });
  rollout.sync();
  for (let i = 0; i < 5; i++) {
    for (const set of rollout.sets) rollout.playSet(set);
    rollout.sync();
  }
  assert.deepEqual(rollout.sizes, { one: 3, bad: 1 });
  rollout.change({ template: templateOf('two') });
  rollout.sync();
  rollout.sync();
  assert.deepEqual(rollout.sizes, { one: 3, bad: 0, two: 0 });
});

test('a rollback takes the old set again, with a new revision that remembers the old one', () => {
  const rollout = new Rollout();
  for (const image of ['one', 'two', 'one']) {
    rollout.change({ template: templateOf(image) });
    rollout.settle(seededRandom(1));
  }
  assert.deepEqual(rollout.sizes, { one: 3, two: 0 });
  const annotations = rollout.sets.map(({ metadata }) => metadata.annotations);
  assert.equal(annotations[0]?.[REVISION], '3');
  assert.equal(annotations[0]?.[REVISION_HISTORY], '1');
  assert.equal(annotations[1]?.[REVISION], '2');
  assert.equal(rollout.sync().revision, '3');
});

test('annotations of the Deployment reach its newest set, kubectl’s own record of it does not', () => {
  const deployment = deploymentOf();
  deployment.metadata.annotations = {
    'kubernetes.io/change-cause': 'because',
    'kubectl.kubernetes.io/last-applied-configuration': '{}',
  };
  const { create } = planDeployment(deployment, [], START);
  assert.equal(create?.metadata.annotations?.['kubernetes.io/change-cause'], 'because');
  assert.equal(create?.metadata.annotations?.['kubectl.kubernetes.io/last-applied-configuration'], undefined);
});

test('old sets are kept up to the limit of the history, the newest revisions last', () => {
  const rollout = new Rollout({ revisionHistoryLimit: 2 });
  for (const image of ['a', 'b', 'c', 'd', 'e']) {
    rollout.change({ template: templateOf(image) });
    rollout.settle(seededRandom(1));
  }
  assert.deepEqual(rollout.sizes, { c: 0, d: 0, e: 3 });
});

test('a change of replicas in mid-rollout is shared out in proportion, and the surge kept', () => {
  const random = seededRandom(1);
  const rollout = new Rollout({ replicas: 10, strategy: rolling(3, 2) });
  rollout.settle(random);
  rollout.change({ template: templateOf('bad') });
  for (let i = 0; i < 6; i++) {
    rollout.sync();
    for (const set of rollout.sets) rollout.playSet(set);
  }
  assert.deepEqual(rollout.sizes, { one: 8, bad: 5 });
  rollout.change({ replicas: 15 });
  rollout.sync();
  assert.deepEqual(rollout.sizes, { one: 11, bad: 7 }, '18 pods in the proportion of 8 to 5');
  rollout.change({ replicas: 5 });
  rollout.sync();
  assert.deepEqual(rollout.sizes, { one: 5, bad: 3 }, '8 pods in the same proportion');
});

test('a Deployment scaled to nothing and back has its pods again', () => {
  const rollout = new Rollout({ replicas: 3 });
  rollout.settle(seededRandom(1));
  for (const replicas of [0, 7]) {
    rollout.change({ replicas });
    rollout.settle(seededRandom(1));
    assert.equal(rollout.ready, replicas);
    assert.equal(rollout.condition('Progressing')?.reason, 'NewReplicaSetAvailable');
  }
});

test('a paused Deployment follows its replicas but not its template, and says that it is paused', () => {
  const rollout = new Rollout();
  rollout.settle(seededRandom(1));
  rollout.change({ paused: true, template: templateOf('two') });
  rollout.settle(seededRandom(1));
  assert.deepEqual(rollout.sizes, { one: 3 });
  const paused = rollout.condition('Progressing');
  assert.deepEqual(
    [paused?.status, paused?.reason, paused?.message],
    ['Unknown', 'DeploymentPaused', 'Deployment is paused'],
  );
  rollout.change({ replicas: 5 });
  rollout.settle(seededRandom(1));
  assert.deepEqual(rollout.sizes, { one: 5 });
  rollout.change({ paused: false });
  rollout.sync();
  rollout.settle(seededRandom(1));
  assert.deepEqual(rollout.sizes, { one: 0, two: 5 });
});

test('a rollout that stands still past its deadline says so, and goes on once it can', () => {
  const random = seededRandom(1);
  const rollout = new Rollout({ replicas: 2, progressDeadlineSeconds: 60, strategy: rolling(1, 0) });
  rollout.settle(random);
  rollout.change({ template: templateOf('slow') });
  rollout.sync();
  for (const set of rollout.sets) rollout.playSet(set);
  const waiting = rollout.sync();
  assert.equal(rollout.condition('Progressing')?.reason, 'ReplicaSetUpdated');
  assert.equal(waiting.lookAgainMs, 61_000);
  rollout.now += 61_000;
  assert.equal(rollout.sync().lookAgainMs, undefined);
  const late = rollout.condition('Progressing');
  assert.deepEqual([late?.status, late?.reason], ['False', 'ProgressDeadlineExceeded']);
  assert.match(late?.message ?? '', /^ReplicaSet "web-\w+" has timed out progressing\.$/);
  rollout.settle(random);
  assert.equal(rollout.condition('Progressing')?.reason, 'NewReplicaSetAvailable');
});

test('the status counts pods of every set and says whether enough are available', () => {
  const rollout = new Rollout({ replicas: 3, strategy: rolling(0, 1) });
  rollout.sync();
  for (const set of rollout.sets) rollout.playSet(set);
  rollout.sync();
  const { conditions: _, ...counts } = rollout.deployment.status ?? {};
  assert.deepEqual(counts, {
    observedGeneration: 1,
    replicas: 3,
    updatedReplicas: 3,
    readyReplicas: 0,
    availableReplicas: 0,
    unavailableReplicas: 3,
    terminatingReplicas: 0,
  });
  assert.equal(rollout.condition('Available')?.reason, 'MinimumReplicasUnavailable');
  rollout.settle(seededRandom(1));
  assert.equal(rollout.condition('Available')?.message, 'Deployment has minimum availability.');
});

test('a Deployment that is being deleted changes no set', () => {
  const rollout = new Rollout();
  rollout.settle(seededRandom(1));
  rollout.change({ template: templateOf('two'), replicas: 9 });
  rollout.deployment.metadata.deletionTimestamp = START;
  const { create, update, remove } = rollout.sync();
  assert.deepEqual([create, update, remove], [undefined, [], []]);
});

test('in 300 random rollouts the bounds hold after every step, and each one arrives', () => {
  for (let seed = 1; seed <= 300; seed++) {
    const random = seededRandom(seed);
    const replicas = 1 + below(random, 12);
    const strategy = rolling(below(random, 4), below(random, 4));
    const rollout = new Rollout({ replicas, strategy });
    rollout.settle(random);
    const { maxSurge, maxUnavailable } = rolloutBoundsOf(rollout.deployment);
    for (let step = 0, template = 0; step < 400; step++) {
      const chance = random.next();
      const sets = rollout.sets;
      if (chance < 0.02) rollout.change({ template: templateOf(`t${template++ % 4}`) });
      else if (chance < 0.4) rollout.sync();
      else if (chance < 0.7) rollout.playSet(sets[below(random, sets.length)] ?? assert.fail('there is a set'));
      else rollout.playPod(random);
      const where = `seed ${seed}, step ${step}: ${rollout.story.slice(-4).join(', ')}`;
      assert.ok(rollout.total <= replicas + maxSurge, `${rollout.total} pods of ${replicas} + ${maxSurge} at ${where}`);
      assert.ok(rollout.ready >= replicas - maxUnavailable, `${rollout.ready} ready at ${where}`);
    }
    rollout.settle(random);
    assert.equal(rollout.ready, replicas, `seed ${seed}`);
    assert.equal(rollout.total, replicas, `seed ${seed}`);
    assert.equal(rollout.condition('Progressing')?.reason, 'NewReplicaSetAvailable', `seed ${seed}`);
  }
});

test('random changes of replicas, template, strategy and pause end where they should', () => {
  for (let seed = 1; seed <= 200; seed++) {
    const random = seededRandom(seed);
    const rollout = new Rollout({ replicas: 5 });
    for (let step = 0; step < 200; step++) {
      const chance = random.next();
      const sets = rollout.sets;
      if (chance < 0.03) rollout.change({ template: templateOf(`t${below(random, 4)}`) });
      else if (chance < 0.08) rollout.change({ replicas: below(random, 15) });
      else if (chance < 0.09) rollout.change({ strategy: below(random, 2) ? { type: 'Recreate' } : rolling(1, 1) });
      else if (chance < 0.1) rollout.change({ paused: below(random, 2) === 1 });
      else if (chance < 0.4) rollout.sync();
      else if (chance < 0.7 && sets.length > 0) rollout.playSet(sets[below(random, sets.length)] ?? assert.fail());
      else rollout.playPod(random);
    }
    rollout.change({ paused: false });
    rollout.settle(random);
    const { replicas = 0, template } = rollout.deployment.spec;
    const image = template.spec.containers[0]?.image ?? '';
    assert.equal(rollout.sizes[image], replicas, `seed ${seed}`);
    assert.equal(rollout.ready, replicas, `seed ${seed}`);
    assert.equal(rollout.total, replicas, `seed ${seed}`);
  }
});
