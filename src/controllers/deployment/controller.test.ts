import assert from 'node:assert/strict';
import { test } from 'node:test';
import { controllerOf } from '../../api/owner.ts';
import { deployments, events, replicaSets } from '../../api/resources.ts';
import type { Deployment, DeploymentSpec, ReplicaSet } from '../../api/types/apps.ts';
import { startTestServer } from '../../apiserver/apiserver.fixture.ts';
import { silentLog } from '../../base/log.ts';
import { seededRandom } from '../../base/random.ts';
import { Client } from '../../client/client.ts';
import { Informer } from '../../client/informer.ts';
import { inProcessTransport } from '../../client/transport.ts';
import { DeploymentController } from './controller.ts';
import { REVISION } from './revisions.ts';
import { templateOf } from './rollout.fixture.ts';
import { templateHash } from './templatehash.ts';

const namespace = 'default';
type Spec = Partial<DeploymentSpec>;

/** An API server with the controller, and sets whose pods are ready as soon as they are wished for. */
async function begin() {
  const server = await startTestServer();
  const client = new Client(inProcessTransport(server.handle, { name: 'test', groups: [] }));
  const env = { clock: server.clock, random: seededRandom(1), log: silentLog };
  const controller = new DeploymentController(client, { env });
  const informer = new Informer(client, deployments, { env });
  const sets = new Informer(client, replicaSets, { env });
  const played: Promise<unknown>[] = [];
  sets.onChange(({ object }) => {
    if (object) played.push(play(client, object));
  });
  await controller.start();
  sets.start();
  await informer.start().synced;
  return {
    client,
    clock: server.clock,
    create: (spec: Spec = {}, name = 'web') => client.of(deployments).create(draftOf(name, spec)),
    patch: (spec: Spec) => client.of(deployments).patch('web', { spec }, { namespace }),
    async sets() {
      return (await client.of(replicaSets).list({ namespace })).items;
    },
    async messages(reason: string) {
      const { items } = await client.of(events).list({ namespace });
      return items.filter((event) => event.reason === reason).map(({ message }) => message);
    },
    /** The Deployment as soon as `holds` of it. */
    until: (holds: (deployment: Deployment) => boolean) =>
      new Promise<Deployment>((resolve) => {
        informer.onChange(({ object }) => {
          if (object && holds(object)) resolve(object);
        });
      }),
    async [Symbol.asyncDispose]() {
      await controller.stop();
      await Promise.all([informer.stop(), sets.stop()]);
      await Promise.all(played);
      await server[Symbol.asyncDispose]();
    },
  };
}

/** Says of a set that it has all its pods. A set that has changed meanwhile is played again on its next event. */
async function play(client: Client, set: ReplicaSet): Promise<void> {
  await undefined;
  const { name, generation = 0 } = set.metadata;
  if (set.status?.observedGeneration === generation) return;
  const replicas = set.spec.replicas ?? 0;
  const status = { replicas, readyReplicas: replicas, availableReplicas: replicas, observedGeneration: generation };
  await client.of(replicaSets).patch(name, { status }, { namespace, subresource: 'status' });
}

function draftOf(name: string, spec: Spec) {
  const whole = { replicas: 3, selector: { matchLabels: { app: 'web' } }, template: templateOf('one'), ...spec };
  return { apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name, namespace }, spec: whole };
}

/** As `kubectl rollout status` decides that a rollout is over. */
function isRolledOut({ metadata, spec, status }: Deployment): boolean {
  const { observedGeneration = 0, updatedReplicas = 0, replicas = 0, availableReplicas = 0 } = status ?? {};
  if (observedGeneration < (metadata.generation ?? 0)) return false;
  const isAll = updatedReplicas === spec.replicas && replicas === updatedReplicas && availableReplicas === replicas;
  return isAll && status?.conditions?.find(({ type }) => type === 'Progressing')?.reason === 'NewReplicaSetAvailable';
}

const rolledOut = (generation: number) => (deployment: Deployment) =>
  deployment.metadata.generation === generation && isRolledOut(deployment);

test('a Deployment is rolled out, rolled on and rolled back, with events, revisions and a true status', async () => {
  await using at = await begin();
  await at.create({ strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } } });
  const first = await at.until(rolledOut(1));
  assert.equal(first.metadata.annotations?.[REVISION], '1');
  const [one] = await at.sets();
  assert.ok(one);
  assert.deepEqual(await at.messages('ScalingReplicaSet'), [`Scaled up replica set ${one.metadata.name} from 0 to 3`]);

  await at.patch({ template: { spec: { containers: [{ name: 'main', image: 'two' }] } } });
  const second = await at.until(rolledOut(2));
  assert.equal(second.metadata.annotations?.[REVISION], '2');
  const two = (await at.sets()).find(({ metadata }) => metadata.name !== one.metadata.name);
  assert.equal(two?.spec.replicas, 3);
  const scaled = await at.messages('ScalingReplicaSet');
  assert.ok(scaled.includes(`Scaled up replica set ${two?.metadata.name} from 0 to 1`), scaled.join('\n'));
  assert.ok(scaled.includes(`Scaled down replica set ${one.metadata.name} from 1 to 0`), scaled.join('\n'));

  await at.patch({ template: { spec: { containers: [{ name: 'main', image: 'one' }] } } });
  const third = await at.until(rolledOut(3));
  assert.equal(third.metadata.annotations?.[REVISION], '3');
  const sizes = (await at.sets()).map(({ metadata, spec }) => [metadata.name, spec.replicas]);
  assert.deepEqual(Object.fromEntries(sizes), { [one.metadata.name]: 3, [two?.metadata.name ?? '']: 0 });
  const { conditions: _, ...counts } = third.status ?? {};
  assert.deepEqual(counts, {
    observedGeneration: 3,
    replicas: 3,
    updatedReplicas: 3,
    readyReplicas: 3,
    availableReplicas: 3,
    terminatingReplicas: 0,
  });
});

test('a Recreate rollout arrives too', async () => {
  await using at = await begin();
  await at.create({ strategy: { type: 'Recreate' } });
  await at.until(rolledOut(1));
  await at.patch({ template: { spec: { containers: [{ name: 'main', image: 'two' }] } } });
  await at.until(rolledOut(2));
  assert.deepEqual((await at.sets()).map(({ spec }) => spec.replicas).sort(), [0, 3]);
});

test('an orphan set of the same template is adopted instead of a new one being made', async () => {
  await using at = await begin();
  await at.client.of(replicaSets).create({
    apiVersion: 'apps/v1',
    kind: 'ReplicaSet',
    metadata: { name: 'orphan', namespace, labels: { app: 'web' } },
    spec: { replicas: 2, selector: { matchLabels: { app: 'web' } }, template: templateOf('one') },
  });
  const { metadata } = await at.create();
  await at.until(isRolledOut);
  const sets = await at.sets();
  assert.deepEqual(
    sets.map((set) => [set.metadata.name, set.spec.replicas]),
    [['orphan', 3]],
  );
  assert.equal(controllerOf(sets[0] ?? assert.fail())?.uid, metadata.uid);
});

test('when another set has the name, the collision is counted and the set gets another name', async () => {
  await using at = await begin();
  // The server fills in the template, and the hash is of the whole one.
  await at.create({ paused: true });
  const { spec } = await at.until(({ status }) => status?.observedGeneration === 1);
  const taken = `web-${templateHash(spec.template, undefined)}`;
  const labels = { app: 'other' };
  const template = { ...templateOf('other'), metadata: { labels } };
  await at.client.of(replicaSets).create({
    apiVersion: 'apps/v1',
    kind: 'ReplicaSet',
    metadata: { name: taken, namespace, labels },
    spec: { replicas: 1, selector: { matchLabels: labels }, template },
  });
  await at.patch({ paused: false });
  const waiting = at.until(isRolledOut);
  await at.until(({ status }) => status?.collisionCount === 1);
  await at.clock.advance(1_000);
  await waiting;
  const names = (await at.sets()).map(({ metadata }) => metadata.name);
  assert.deepEqual(names.sort(), [taken, `web-${templateHash(spec.template, 1)}`].sort());
});

test('a set that cannot be made is told of in the condition Progressing and in an event', async () => {
  await using at = await begin();
  await at.create({}, 'w'.repeat(250));
  const { status } = await at.until((deployment) => deployment.status?.conditions !== undefined);
  const [condition] = status?.conditions ?? [];
  assert.deepEqual(
    [condition?.type, condition?.status, condition?.reason],
    ['Progressing', 'False', 'ReplicaSetCreateError'],
  );
  assert.match(condition?.message ?? '', /^Failed to create new replica set "w+-\w+": /);
  assert.equal(status?.observedGeneration, 1);
});
