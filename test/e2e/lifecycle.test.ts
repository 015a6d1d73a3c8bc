import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { createReadStream, readFileSync } from 'node:fs';
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { promisify } from 'node:util';
import { events } from '../../src/api/resources.ts';
import { isPodReady } from '../../src/api/servicepods.ts';
import type { Container, Pod, PodSpec } from '../../src/api/types/core.ts';
import { podManifest, serverContainer, serviceManifest, shContainer } from '../support/manifests.ts';
import { processesWith } from '../support/processes.ts';
import { tempDir } from '../support/tempdir.ts';
import { TestCluster } from '../support/testcluster.ts';

const FOREVER = 'trap "exit 0" TERM; while :; do sleep 0.1; done';
const LIMIT = { timeout: 60_000 };

let cluster: TestCluster;
/** A folder of the host that containers see as /shared. */
let shared: AsyncDisposable & { readonly path: string };

before(async () => {
  shared = await tempDir();
  cluster = await TestCluster.start();
});
after(async () => {
  await cluster?.[Symbol.asyncDispose]();
  await shared?.[Symbol.asyncDispose]();
});

const mount = { volumeMounts: [{ name: 'shared', mountPath: '/shared' }] };

function withShared(spec: Partial<PodSpec> = {}): { spec: Partial<PodSpec> } {
  return { spec: { ...spec, volumes: [{ name: 'shared', hostPath: { path: shared.path } }] } };
}

async function apply(name: string, container: Container, spec?: Partial<PodSpec>): Promise<void> {
  await cluster.ok('apply -f -', podManifest(name, [container], spec ? { spec } : {}));
}

const stateOf = (pod: Pod) => pod.status?.containerStatuses?.[0]?.state;
const linesOf = (name: string) => readFileSync(join(shared.path, name), 'utf8').trim().split('\n');

/** Message of the first event about `name` with this reason. */
function eventOf(name: string, reason: string): Promise<string> {
  return cluster.until(
    events,
    (all) => all.find((event) => event.involvedObject.name === name && event.reason === reason)?.message,
    'default',
  );
}

describe('probes', () => {
  test('a pod is ready exactly while its exec probe succeeds', LIMIT, async () => {
    const readinessProbe = {
      exec: { command: ['test', '-f', '/shared/ready'] },
      periodSeconds: 1,
      failureThreshold: 1,
    };
    const container = shContainer(FOREVER, { readinessProbe, ...mount });
    await cluster.ok('apply -f -', podManifest('exec-ready', [container], withShared()));
    await cluster.pod('exec-ready', (pod) => pod.status?.phase === 'Running' && !isPodReady(pod));
    await writeFile(join(shared.path, 'ready'), '');
    await cluster.pod('exec-ready', isPodReady);
    await rm(join(shared.path, 'ready'));
    const pod = await cluster.pod('exec-ready', (each) => !isPodReady(each));
    assert.equal(pod.status?.containerStatuses?.[0]?.restartCount, 0);
    assert.match(await eventOf('exec-ready', 'Unhealthy'), /^Readiness probe failed/);
  });

  const livenessProbes = {
    exec: { exec: { command: ['false'] } },
    http: { httpGet: { path: '/', port: 9 } },
    tcp: { tcpSocket: { port: 9 } },
  };
  for (const [kind, handler] of Object.entries(livenessProbes)) {
    test(`a container whose ${kind} liveness probe fails is killed and started again`, LIMIT, async () => {
      const livenessProbe = { ...handler, periodSeconds: 1, failureThreshold: 1 };
      await apply(`live-${kind}`, shContainer(FOREVER, { livenessProbe }), { terminationGracePeriodSeconds: 1 });
      const pod = await cluster.pod(`live-${kind}`, (each) => {
        const [status] = each.status?.containerStatuses ?? [];
        return (status?.restartCount ?? 0) >= 1;
      });
      assert.equal(pod.status?.containerStatuses?.[0]?.lastState?.terminated?.exitCode, 0);
      assert.match(await eventOf(`live-${kind}`, 'Unhealthy'), /^Liveness probe failed/);
      assert.match(await eventOf(`live-${kind}`, 'Killing'), /failed liveness probe, will be restarted/);
      await cluster.ok(`delete pod live-${kind} --grace-period=1`);
    });
  }

  test('an httpGet and a tcpSocket readiness probe see the pod through its own address', LIMIT, async () => {
    await apply('http-ready', serverContainer());
    await apply('tcp-ready', serverContainer({ readinessProbe: { tcpSocket: { port: 'http' }, periodSeconds: 1 } }));
    await cluster.ok('wait --for=condition=Ready pod/http-ready pod/tcp-ready --timeout=30s');
  });
});

describe('the end of a pod', () => {
  const hooks = {
    exec: { hook: { exec: { command: ['sh', '-c', 'echo hook >> /shared/exec'] } }, first: 'hook' },
    http: { hook: { httpGet: { path: '/bye', port: 'http' } }, first: 'bye' },
  };
  for (const [kind, { hook, first }] of Object.entries(hooks)) {
    test(`a preStop hook of kind ${kind} runs before the stop signal`, LIMIT, async () => {
      const env = [{ name: 'LOG', value: `/shared/${kind}` }];
      const container = serverContainer({ env, lifecycle: { preStop: hook }, ...mount });
      await cluster.ok('apply -f -', podManifest(`hook-${kind}`, [container], withShared()));
      await cluster.pod(`hook-${kind}`, isPodReady);
      await cluster.ok(`delete pod hook-${kind}`);
      const said = linesOf(kind).map((line) => line.split(' ')[0]);
      assert.deepEqual(said, ['listening', first, 'SIGTERM']);
    });
  }

  test('a preStop hook of kind sleep holds the stop signal back, and no longer', LIMIT, async () => {
    const env = [{ name: 'LOG', value: '/shared/sleep' }];
    const container = serverContainer({ env, lifecycle: { preStop: { sleep: { seconds: 2 } } }, ...mount });
    await cluster.ok(
      'apply -f -',
      podManifest('hook-sleep', [container], withShared({ terminationGracePeriodSeconds: 20 })),
    );
    await cluster.pod('hook-sleep', isPodReady);
    const before = Date.now();
    await cluster.ok('delete pod hook-sleep');
    const stoppedAt = Number(linesOf('sleep').at(-1)?.split(' ')[1]);
    assert.ok(stoppedAt - before >= 2_000, `told to stop after ${stoppedAt - before} ms`);
    assert.ok(Date.now() - before < 15_000, 'the grace period is not waited out');
  });

  test('a process tree that ignores the stop signal is killed whole when the grace period is over', LIMIT, async () => {
    const marker = `3600.${process.pid}1`;
    const script = `trap "" TERM; setsid sleep ${marker} & (trap "" TERM; sleep ${marker} & wait) & echo up; sleep ${marker}; wait`;
    await apply('stubborn', shContainer(script), { terminationGracePeriodSeconds: 2 });
    await cluster.pod('stubborn', isPodReady);
    await cluster.follow('logs -f stubborn', (output) => output.includes('up'));
    assert.ok(processesWith(marker).length >= 3, processesWith(marker).join('\n'));
    const before = Date.now();
    await cluster.ok('delete pod stubborn');
    const tookMs = Date.now() - before;
    assert.deepEqual(processesWith(marker), []);
    assert.ok(tookMs >= 2_000 && tookMs < 10_000, `gone after ${tookMs} ms`);
  });

  test('a forced deletion does not wait, and leaves no process', LIMIT, async () => {
    const marker = `3600.${process.pid}2`;
    const fifo = join(shared.path, 'fifo');
    await promisify(execFile)('mkfifo', [fifo]);
    // Whoever reads the other end learns from the kernel when the last of these processes is gone.
    const script = `exec 3>/shared/fifo; trap "" TERM; sleep ${marker} & wait; wait`;
    const container = shContainer(script, mount);
    await cluster.ok(
      'apply -f -',
      podManifest('forced', [container], withShared({ terminationGracePeriodSeconds: 60 })),
    );
    const reader = createReadStream(fifo).resume();
    await Promise.all([once(reader, 'open'), cluster.pod('forced', isPodReady)]);
    const before = Date.now();
    const [said] = await Promise.all([cluster.ok('delete pod forced --force --grace-period=0'), once(reader, 'end')]);
    assert.match(said, /pod "forced" force deleted/);
    assert.ok(Date.now() - before < 15_000, `${Date.now() - before} ms`);
    assert.deepEqual(processesWith(marker), []);
  });
});

describe('how a container ends', () => {
  test('exit codes and phases are those of the process', LIMIT, async () => {
    await apply('seven', shContainer('exit 7'), { restartPolicy: 'Never' });
    await apply('zero', shContainer('echo done'), { restartPolicy: 'Never' });
    const seven = await cluster.pod('seven', (pod) => pod.status?.phase === 'Failed');
    const zero = await cluster.pod('zero', (pod) => pod.status?.phase === 'Succeeded');
    assert.deepEqual([stateOf(seven)?.terminated?.exitCode, stateOf(seven)?.terminated?.reason], [7, 'Error']);
    assert.deepEqual([stateOf(zero)?.terminated?.exitCode, stateOf(zero)?.terminated?.reason], [0, 'Completed']);
    const table = await cluster.ok('get pods seven zero');
    assert.match(table, /^seven +0\/1 +Error /m);
    assert.match(table, /^zero +0\/1 +Completed /m);
    assert.equal(await cluster.ok('logs zero'), 'done\n');
  });

  test(
    'a container that keeps ending is started again, later each time, and says CrashLoopBackOff',
    LIMIT,
    async () => {
      await apply('crash', shContainer('echo started; exit 3'));
      const pod = await cluster.pod('crash', (each) => stateOf(each)?.waiting?.reason === 'CrashLoopBackOff');
      const [status] = pod.status?.containerStatuses ?? [];
      assert.equal(status?.lastState?.terminated?.exitCode, 3);
      assert.match(
        stateOf(pod)?.waiting?.message ?? '',
        /^back-off \d+s restarting failed container=sh pod=crash_default/,
      );
      assert.match(await cluster.ok('get pod crash'), /^crash +0\/1 +CrashLoopBackOff /m);
      assert.match(await eventOf('crash', 'BackOff'), /^Back-off restarting failed container/);
      assert.equal(await cluster.ok('logs crash --previous'), 'started\n');
    },
  );

  test(
    'init containers run one after the other before the others, and one that fails holds them up',
    LIMIT,
    async () => {
      const init = (name: string) => shContainer(`echo ${name} >> /shared/init`, { name, ...mount });
      const readinessProbe = { exec: { command: ['grep', 'main', '/shared/init'] }, periodSeconds: 1 };
      const main = shContainer(`echo main >> /shared/init; ${FOREVER}`, { ...mount, readinessProbe });
      const spec = withShared({ initContainers: [init('first'), init('second')] });
      await cluster.ok('apply -f -', podManifest('inits', [main], spec));
      await cluster.pod('inits', isPodReady);
      assert.deepEqual(linesOf('init'), ['first', 'second', 'main']);
      await apply('init-fails', shContainer(FOREVER), {
        initContainers: [shContainer('exit 1', { name: 'bad' })],
        restartPolicy: 'Never',
      });
      await cluster.pod('init-fails', (pod) => pod.status?.phase === 'Failed');
      assert.match(await cluster.ok('get pod init-fails'), /^init-fails +0\/1 +Init:Error /m);
    },
  );

  test('an image that cannot run says what to do about it', LIMIT, async () => {
    const container = { name: 'x', image: 'registry.example/unknown:1' } as Container;
    await apply('no-image', container);
    const said = await cluster.pod('no-image', (pod) =>
      /ErrImagePull|ImagePullBackOff/.test(stateOf(pod)?.waiting?.reason ?? ''),
    );
    assert.match(
      stateOf(said)?.waiting?.message ?? '',
      /need a "command" in the container or an entry in the images file/,
    );
    assert.match(
      await cluster.ok('describe pod no-image'),
      /Failed .* kubelet .*Cannot pull image "registry\.example\/unknown:1"/,
    );
  });
});

describe('a pod that cannot be placed', () => {
  const unplaced = async (name: string) => {
    const pod = await cluster.pod(name, (each) => {
      return (
        each.status?.conditions?.some(({ type, status }) => type === 'PodScheduled' && status === 'False') ?? false
      );
    });
    return pod.status?.conditions?.find(({ type }) => type === 'PodScheduled')?.message ?? '';
  };

  test('too much cpu and a node selector that fits none are named as the reason', LIMIT, async () => {
    await apply('too-big', shContainer(FOREVER, { resources: { requests: { cpu: '1000' } } }));
    await apply('nowhere', shContainer(FOREVER), { nodeSelector: { disk: 'none' } });
    assert.match(await unplaced('too-big'), /^0\/1 nodes are available: 1 Insufficient cpu\./);
    assert.match(
      await unplaced('nowhere'),
      /^0\/1 nodes are available: 1 node\(s\) didn't match Pod's node affinity\/selector\./,
    );
    assert.match(await cluster.ok('get pod too-big'), /^too-big +0\/1 +Pending /m);
    assert.match(await eventOf('too-big', 'FailedScheduling'), /Insufficient cpu/);
    await cluster.ok('label node node-1 disk=none');
    await cluster.pod('nowhere', isPodReady);
  });

  test('a taint keeps pods away until it is gone', LIMIT, async () => {
    await cluster.ok('taint nodes node-1 work=none:NoSchedule');
    await apply('tainted', shContainer(FOREVER));
    assert.match(await unplaced('tainted'), /^0\/1 nodes are available: 1 node\(s\) had untolerated taint/);
    await cluster.ok('taint nodes node-1 work-');
    await cluster.pod('tainted', isPodReady);
  });
});

describe('what a container finds', () => {
  test('host name, environment, references, services and the downward API', LIMIT, async () => {
    await cluster.ok('apply -f -', serviceManifest('seen-before'));
    const service = await cluster.ok('get service seen-before -o jsonpath={.spec.clusterIP}');
    const field = (name: string, fieldPath: string) => ({ name, valueFrom: { fieldRef: { fieldPath } } });
    const container = shContainer('hostname; env', {
      env: [
        { name: 'PLAIN', value: 'a' },
        { name: 'REFERS', value: '$(PLAIN)-$(PLAIN) $$(PLAIN) $(NOBODY)' },
        field('NAME', 'metadata.name'),
        field('NODE', 'spec.nodeName'),
        field('IP', 'status.podIP'),
        field('LABEL', "metadata.labels['app']"),
        { name: 'CPU', valueFrom: { resourceFieldRef: { resource: 'requests.cpu', divisor: '1m' } } },
      ],
      resources: { requests: { cpu: '100m' } },
    });
    await apply('finds', container, { restartPolicy: 'Never' });
    const pod = await cluster.pod('finds', (each) => each.status?.phase === 'Succeeded');
    const lines = (await cluster.ok('logs finds')).trim().split('\n');
    assert.equal(lines[0], 'finds');
    for (const line of [
      'HOSTNAME=finds',
      'PLAIN=a',
      'REFERS=a-a $(PLAIN) $(NOBODY)',
      'NAME=finds',
      'NODE=node-1',
      `IP=${pod.status?.podIP}`,
      'LABEL=finds',
      'CPU=100',
      `SEEN_BEFORE_SERVICE_HOST=${service}`,
      'SEEN_BEFORE_SERVICE_PORT=80',
    ]) {
      assert.ok(lines.includes(line), `${line} is not in\n${lines.join('\n')}`);
    }
  });
});

test('a cluster that was stopped or killed goes on with the same objects and pods', LIMIT, async () => {
  await using state = await tempDir();
  const manifest = podManifest('keeps', [serverContainer()], { annotations: { note: 'kept' } });
  let uid: string | undefined;
  for (const [restarts, signal] of (['SIGINT', 'SIGKILL', 'SIGINT'] as const).entries()) {
    await using again = await TestCluster.start({ state: state.path });
    if (!uid) await again.ok('apply -f -', manifest);
    const pod = await again.pod('keeps', (each) => {
      return isPodReady(each) && each.status?.containerStatuses?.[0]?.restartCount === restarts;
    });
    uid ??= pod.metadata.uid;
    assert.deepEqual([pod.metadata.uid, pod.metadata.annotations?.['note']], [uid, 'kept']);
    assert.match(await again.ok('logs keeps'), /^listening\n/);
    again.process.signal(signal);
    await again.process.ended;
  }
});
