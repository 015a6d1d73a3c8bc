import assert from 'node:assert/strict';
import { it } from 'node:test';
import { FakeClock } from '../../base/fakeclock.ts';
import { silentLog } from '../../base/log.ts';
import { seededRandom } from '../../base/random.ts';
import { type RuntimePrograms, type RuntimeSubject, runtimeSuite } from '../runtime.suite.ts';
import { type ContainerConfig, RuntimeError } from '../runtime.ts';
import { type FakeProgram, FakeRuntime } from './fakeruntime.ts';

const programs: RuntimePrograms = {
  graceful: ['graceful'],
  stubborn: ['stubborn'],
  brief: ['brief'],
  missing: ['missing'],
  answer: ['answer'],
  hang: ['hang'],
};

function exec(command: readonly string[]) {
  const result = { exitCode: 4, stdout: 'out\n', stderr: 'err\n' };
  return { afterMs: command[0] === 'hang' ? Number.POSITIVE_INFINITY : 5, result };
}

const scripts: Record<string, FakeProgram> = {
  graceful: { onSignal: { SIGTERM: { afterMs: 5, exitCode: 3 } }, exec },
  stubborn: { exec },
  brief: { stdout: ['one', 'two'], stderr: ['bad'], runsForMs: 20, exitCode: 7 },
  missing: {
    createError: new RuntimeError('CreateContainerError', 'exec: "missing": executable file not found in $PATH'),
  },
};

function open(program = (config: ContainerConfig) => scripts[config.command[0]!]!) {
  const clock = new FakeClock();
  const runtime = new FakeRuntime({ env: { clock, random: seededRandom(1), log: silentLog }, program });
  const subject: RuntimeSubject = {
    runtime,
    programs,
    ready: async () => {},
    async until(work) {
      let settled = false;
      const mark = () => {
        settled = true;
      };
      work.then(mark, mark);
      for (let turn = 0; turn < 1000 && !settled; turn++) await clock.advance(10);
      assert.ok(settled, 'it comes to an end within ten seconds of simulated time');
      return work;
    },
    readLog: (path) => runtime.logs.read(path),
    logPath: (name) => `/logs/${name}`,
    [Symbol.asyncDispose]: () => runtime.close(),
  };
  return { clock, runtime, subject };
}

runtimeSuite('FakeRuntime', async () => open().subject);

const sandbox = { uid: 'u', name: 'p', namespace: 'd', hostname: 'p', networkNamespacePath: undefined, files: {} };
const image = { id: 'i', entrypoint: [], cmd: [], env: {}, workingDir: undefined, stopSignal: 'SIGTERM' };
const container: ContainerConfig = {
  name: 'web',
  attempt: 0,
  image,
  command: ['web'],
  args: [],
  workingDir: undefined,
  env: {},
  mounts: [],
  runAsUser: undefined,
  runAsGroup: undefined,
  logPath: '/logs/web',
};

it('keeps a record of the signals with their simulated times', async () => {
  const { clock, runtime } = open(() => ({}));
  const id = await runtime.createContainer(await runtime.runPodSandbox(sandbox), container);
  await runtime.startContainer(id);
  const startedAt = clock.now();
  const stopped = runtime.stopContainer(id, { graceMs: 30_000, signal: 'SIGQUIT' });
  await clock.advance(29_999);
  assert.equal(runtime.containerStatus(id)?.phase, 'Running');
  await clock.advance(1);
  await stopped;
  assert.deepEqual(
    runtime.signals.map(({ signal, at }) => [signal, at - startedAt]),
    [
      ['SIGQUIT', 0],
      ['SIGKILL', 30_000],
    ],
  );
});

it('takes as long to start as it is told, and can fail to', async () => {
  const startError = new RuntimeError('RunContainerError', 'no');
  const { clock, runtime } = open((config) => ({ startMs: 500, ...(config.name === 'bad' ? { startError } : {}) }));
  const pod = await runtime.runPodSandbox(sandbox);
  const id = await runtime.createContainer(pod, container);
  const starting = runtime.startContainer(id);
  await clock.advance(499);
  assert.equal(runtime.containerStatus(id)?.phase, 'Created');
  await clock.advance(1);
  assert.equal((await starting).phase, 'Running');
  const bad = await runtime.createContainer(pod, { ...container, name: 'bad' });
  const failing = assert.rejects(runtime.startContainer(bad), startError);
  await clock.advance(500);
  await failing;
  assert.equal(runtime.containerStatus(bad)?.exitCode, 128);
});

it('sends the stop signal to a container that is still starting as soon as it runs', async () => {
  const onSignal = { SIGTERM: { afterMs: 10, exitCode: 0 } };
  const { clock, runtime } = open(() => ({ startMs: 500, onSignal }));
  const id = await runtime.createContainer(await runtime.runPodSandbox(sandbox), container);
  const starting = runtime.startContainer(id);
  const stopping = runtime.stopContainer(id, { graceMs: 1000, signal: 'SIGTERM' });
  await clock.advance(600);
  await Promise.all([starting, stopping]);
  assert.equal(runtime.containerStatus(id)?.exitCode, 0);
});

it('can be made to crash and to print from outside', async () => {
  const { runtime } = open(() => ({}));
  const id = await runtime.createContainer(await runtime.runPodSandbox(sandbox), container);
  await runtime.startContainer(id);
  runtime.print(id, 'stdout', 'hello');
  runtime.end(id, { signal: 11 });
  assert.equal(runtime.containerStatus(id)?.exitCode, 139);
  assert.match(runtime.logs.read('/logs/web'), / stdout F hello\n$/);
});
