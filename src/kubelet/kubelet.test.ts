import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Pod } from '../api/types/core.ts';
import { RuntimeError } from '../runtime/runtime.ts';
import { startKubelet } from './kubelet.fixture.ts';

function condition(pod: Pod | undefined, type: string) {
  return pod?.status?.conditions?.find((entry) => entry.type === type);
}

function main(pod: Pod | undefined) {
  return pod?.status?.containerStatuses?.[0];
}

const http = (path: string) => ({ httpGet: { path, port: 8080 } });

test('a pod bound to the node runs, has an address and becomes ready', async () => {
  await using kubelet = await startKubelet();
  await kubelet.create('web', {});
  await kubelet.advance(50);
  const pod = await kubelet.get('web');
  assert.equal(pod?.status?.phase, 'Running');
  assert.match(pod?.status?.podIP ?? '', /^10\.244\.1\./);
  assert.equal(condition(pod, 'Ready')?.status, 'True');
  assert.equal(condition(pod, 'Ready')?.reason, undefined);
  assert.ok(main(pod)?.state.running);
});

test('a readiness probe decides over ready, and its failures must reach the threshold', async () => {
  await using kubelet = await startKubelet();
  let status = 500;
  kubelet.httpStatus = () => status;
  const readinessProbe = { ...http('/ready'), periodSeconds: 1, failureThreshold: 2 };
  await kubelet.create('web', { containers: [{ name: 'main', image: 'app', readinessProbe }] });
  await kubelet.advance(500);
  assert.equal(condition(await kubelet.get('web'), 'Ready')?.status, 'False');
  status = 200;
  await kubelet.advance(1_100);
  assert.equal(condition(await kubelet.get('web'), 'Ready')?.status, 'True');
  status = 500;
  await kubelet.advance(1_100);
  assert.equal(condition(await kubelet.get('web'), 'Ready')?.status, 'True', 'one failure is not enough');
  await kubelet.advance(1_000);
  const pod = await kubelet.get('web');
  assert.equal(condition(pod, 'Ready')?.status, 'False');
  assert.equal(condition(pod, 'Ready')?.reason, 'ContainersNotReady');
  assert.equal(main(pod)?.restartCount, 0);
});

test('a container that ends is started again at once, then after ten seconds, then after twenty', async () => {
  await using kubelet = await startKubelet();
  kubelet.programs.set('main', { runsForMs: 100, exitCode: 1 });
  await kubelet.create('web', {});
  await kubelet.advance(250);
  let status = main(await kubelet.get('web'));
  assert.equal(status?.restartCount, 1);
  assert.equal(status?.state.waiting?.reason, 'CrashLoopBackOff');
  assert.equal(status?.lastState?.terminated?.exitCode, 1);
  await kubelet.advance(10_000);
  status = main(await kubelet.get('web'));
  assert.equal(status?.restartCount, 2);
  await kubelet.advance(15_000);
  assert.equal(main(await kubelet.get('web'))?.restartCount, 2);
  await kubelet.advance(6_000);
  assert.equal(main(await kubelet.get('web'))?.restartCount, 3);
  assert.ok((await kubelet.events()).includes('BackOff'));
});

test('restart policies: Never ends the pod as its container ended, OnFailure starts only what failed', async () => {
  await using kubelet = await startKubelet();
  kubelet.programs.set('good', { runsForMs: 50, exitCode: 0 });
  kubelet.programs.set('bad', { runsForMs: 50, exitCode: 3 });
  const containers = (name: string) => [{ name, image: 'app' }];
  await kubelet.create('done', { restartPolicy: 'Never', containers: containers('good') });
  await kubelet.create('failed', { restartPolicy: 'Never', containers: containers('bad') });
  await kubelet.create('done-too', { restartPolicy: 'OnFailure', containers: containers('good') });
  await kubelet.create('again', { restartPolicy: 'OnFailure', containers: containers('bad') });
  await kubelet.advance(200);
  const phases = [];
  for (const name of ['done', 'failed', 'done-too', 'again']) phases.push((await kubelet.get(name))?.status?.phase);
  assert.deepEqual(phases, ['Succeeded', 'Failed', 'Succeeded', 'Running']);
  assert.equal(main(await kubelet.get('failed'))?.state.terminated?.exitCode, 3);
  assert.equal(main(await kubelet.get('again'))?.restartCount, 1);
  assert.equal(condition(await kubelet.get('done'), 'Ready')?.reason, 'PodCompleted');
});

test('init containers run one after another before the others', async () => {
  await using kubelet = await startKubelet();
  kubelet.programs.set('first', { runsForMs: 1_000 });
  kubelet.programs.set('second', { runsForMs: 1_000 });
  const initContainers = ['first', 'second'].map((name) => ({ name, image: 'app' }));
  await kubelet.create('web', { initContainers });
  await kubelet.advance(500);
  const names = () => kubelet.runtime.containers.filter(({ phase }) => phase === 'Running').map(({ name }) => name);
  assert.deepEqual(names(), ['first']);
  assert.equal(condition(await kubelet.get('web'), 'Initialized')?.status, 'False');
  await kubelet.advance(1_000);
  assert.deepEqual(names(), ['second']);
  await kubelet.advance(1_000);
  assert.deepEqual(names(), ['main']);
  assert.equal(condition(await kubelet.get('web'), 'Initialized')?.status, 'True');
  assert.equal(condition(await kubelet.get('web'), 'Initialized')?.reason, undefined);
});

test('a failing liveness probe restarts the container with its stop signal', async () => {
  await using kubelet = await startKubelet();
  let isAlive = true;
  kubelet.httpStatus = () => (isAlive ? 200 : 500);
  const livenessProbe = { ...http('/alive'), periodSeconds: 1, failureThreshold: 3 };
  await kubelet.create('web', { containers: [{ name: 'main', image: 'app', livenessProbe }] });
  await kubelet.advance(3_000);
  isAlive = false;
  await kubelet.advance(2_100);
  assert.deepEqual(kubelet.signals(), []);
  await kubelet.advance(1_000);
  isAlive = true;
  await kubelet.advance(500);
  assert.equal(kubelet.signals().length, 1);
  assert.match(kubelet.signals()[0] ?? '', /^SIGTERM main/);
  const status = main(await kubelet.get('web'));
  assert.equal(status?.restartCount, 1);
  assert.ok(status?.state.running);
});

test('an image that cannot be pulled is said in the status and tried again', async () => {
  await using kubelet = await startKubelet();
  kubelet.images.set('app', new RuntimeError('ErrImagePull', 'no such image'));
  await kubelet.create('web', {});
  await kubelet.advance(100);
  assert.equal(main(await kubelet.get('web'))?.state.waiting?.reason, 'ErrImagePull');
  kubelet.images.set('app', {});
  await kubelet.advance(5_000);
  assert.ok(main(await kubelet.get('web'))?.state.running);
});

test('the end of a pod: released by the routers, quiet, preStop, stop signal, and the object goes last', async () => {
  await using kubelet = await startKubelet();
  const lifecycle = { preStop: http('/stopping') };
  await kubelet.create('web', { containers: [{ name: 'main', image: 'app', lifecycle }] });
  await kubelet.advance(100);
  await kubelet.remove('web');
  await kubelet.release('web', 'Waiting', ['node-1.proxy']);
  await kubelet.advance(5_000);
  assert.deepEqual([kubelet.asked, kubelet.signals()], [[], []], 'nothing before the release');
  assert.equal(condition(await kubelet.get('web'), 'Ready')?.status, 'True', 'it goes on serving');
  await kubelet.release('web', 'Released');
  await kubelet.advance(1);
  assert.deepEqual(kubelet.signals(), [], 'three looks at the sockets come first');
  await kubelet.advance(8);
  assert.deepEqual(kubelet.asked, ['/stopping']);
  assert.equal(kubelet.signals().length, 1);
  assert.equal(condition(await kubelet.get('web'), 'segue.dev/Released')?.reason, 'Observed');
  await kubelet.advance(100);
  assert.equal(await kubelet.get('web'), undefined);
  assert.equal(kubelet.runtime.sandboxes.size, 0);
  assert.equal(kubelet.network.pods.size, 0);
});

test('connections that still arrive hold the stop back, and dropped ones are flushed', async () => {
  await using kubelet = await startKubelet();
  const { metadata } = await kubelet.create('web', {});
  await kubelet.advance(100);
  kubelet.network.queueConnection(metadata.uid);
  kubelet.network.dropSyns(metadata.uid, 2);
  await kubelet.remove('web');
  await kubelet.release('web', 'Released');
  await kubelet.advance(100);
  assert.deepEqual(kubelet.signals(), []);
  kubelet.network.acceptConnections(metadata.uid);
  await kubelet.advance(10);
  assert.equal(kubelet.signals().length, 1);
  assert.equal(kubelet.flushed.length, 1);
});

test('sockets that never become quiet hold a pod up for a second at most', async () => {
  await using kubelet = await startKubelet();
  const { metadata } = await kubelet.create('web', {});
  await kubelet.advance(100);
  kubelet.network.queueConnection(metadata.uid);
  await kubelet.remove('web');
  await kubelet.release('web', 'Released');
  await kubelet.advance(990);
  assert.deepEqual(kubelet.signals(), []);
  await kubelet.advance(20);
  assert.equal(kubelet.signals().length, 1);
});

test('a pod that asks to be drained is stopped only when no connection is left', async () => {
  await using kubelet = await startKubelet();
  const { metadata } = await kubelet.create('web', {}, { 'segue.dev/release': 'Drained' });
  await kubelet.advance(100);
  kubelet.network.queueConnection(metadata.uid);
  kubelet.network.acceptConnections(metadata.uid);
  await kubelet.remove('web');
  await kubelet.release('web', 'Released');
  await kubelet.advance(10_000);
  assert.deepEqual(kubelet.signals(), []);
  kubelet.network.endConnections(metadata.uid);
  await kubelet.advance(10);
  assert.equal(kubelet.signals().length, 1);
});

test('at the cap the pod is stopped anyway, and an event and the condition say who had not let go', async () => {
  await using kubelet = await startKubelet();
  await kubelet.create('web', { terminationGracePeriodSeconds: 20 });
  await kubelet.advance(100);
  await kubelet.remove('web');
  await kubelet.release('web', 'Waiting', ['node-2.proxy']);
  await kubelet.advance(9_900);
  assert.deepEqual(kubelet.signals(), []);
  await kubelet.advance(105);
  assert.equal(kubelet.signals().length, 1);
  const { reason, message } = condition(await kubelet.get('web'), 'segue.dev/Released') ?? {};
  assert.equal(reason, 'TimedOut');
  assert.match(message ?? '', /node-2\.proxy/);
  assert.ok((await kubelet.events()).includes('ReleaseTimedOut'));
});

test('a container that ignores its stop signal is killed when the grace period, counted from the deletion, is over', async () => {
  await using kubelet = await startKubelet();
  kubelet.programs.set('main', {});
  await kubelet.create('web', { terminationGracePeriodSeconds: 10 });
  await kubelet.advance(1_000);
  await kubelet.remove('web');
  await kubelet.release('web', 'Waiting');
  await kubelet.advance(2_000);
  await kubelet.release('web', 'Released');
  await kubelet.advance(20_000);
  assert.deepEqual(kubelet.signals(), ['SIGTERM main @3004', 'SIGKILL main @11000']);
  assert.equal(await kubelet.get('web'), undefined);
});

test('a shorter grace period given later counts', async () => {
  await using kubelet = await startKubelet();
  kubelet.programs.set('main', {});
  await kubelet.create('web', { terminationGracePeriodSeconds: 600 });
  await kubelet.advance(1_000);
  await kubelet.remove('web');
  await kubelet.release('web', 'Released');
  await kubelet.advance(1_000);
  await kubelet.remove('web', 5);
  await kubelet.advance(4_500);
  assert.equal(await kubelet.get('web'), undefined);
  assert.deepEqual(
    kubelet.signals().map((line) => line.split(' ')[0]),
    ['SIGTERM', 'SIGKILL'],
  );
});

test('a forced deletion stops the pod without waiting for its release', async () => {
  await using kubelet = await startKubelet();
  kubelet.programs.set('main', {});
  await kubelet.create('web', {});
  await kubelet.advance(1_000);
  await kubelet.remove('web', 0);
  await kubelet.advance(2_000);
  assert.deepEqual(kubelet.signals(), ['SIGTERM main @1000', 'SIGKILL main @2000']);
  assert.equal(kubelet.runtime.sandboxes.size, 0);
});

test('an object removed while its pod is being stopped ends the wait', async () => {
  await using kubelet = await startKubelet();
  kubelet.programs.set('main', {});
  await kubelet.create('web', { terminationGracePeriodSeconds: 600 });
  await kubelet.advance(1_000);
  await kubelet.remove('web');
  await kubelet.release('web', 'Released');
  await kubelet.advance(1_000);
  await kubelet.remove('web', 0);
  await kubelet.advance(3_000);
  assert.equal(kubelet.runtime.sandboxes.size, 0);
  assert.equal(kubelet.network.pods.size, 0);
});

test('level None stops at once, as Kubernetes does', async () => {
  await using kubelet = await startKubelet({ level: 'None' });
  await kubelet.create('web', {});
  await kubelet.advance(1_000);
  await kubelet.remove('web');
  await kubelet.advance(5);
  assert.deepEqual(kubelet.signals(), ['SIGTERM main @1000']);
});

test('after a restart of the kubelet pods run again and their count of restarts goes on', async () => {
  await using kubelet = await startKubelet();
  await kubelet.create('web', {});
  await kubelet.create('going', {});
  await kubelet.advance(100);
  const before = await kubelet.get('web');
  await kubelet.restart();
  await kubelet.advance(5_000);
  const after = await kubelet.get('web');
  assert.equal(after?.metadata.uid, before?.metadata.uid);
  assert.equal(condition(after, 'Ready')?.status, 'True');
  assert.equal(main(after)?.restartCount, 1);
  assert.equal(after?.status?.startTime, before?.status?.startTime);
});

test('a pod whose deletion began before the kubelet came up again is removed', async () => {
  await using kubelet = await startKubelet();
  await kubelet.create('web', {});
  await kubelet.advance(100);
  await kubelet.remove('web');
  await kubelet.advance(10);
  await kubelet.restart();
  await kubelet.advance(2_000);
  assert.equal(await kubelet.get('web'), undefined);
});
