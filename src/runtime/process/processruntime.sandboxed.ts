import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readdirSync, readFileSync, readlinkSync, rmSync, writeFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { createNetworkNamespace } from '../../linux/namespaces.ts';
import { type RuntimePrograms, type RuntimeSubject, runtimeSuite } from '../runtime.suite.ts';
import { type ContainerConfig, type PodSandboxConfig, RuntimeError } from '../runtime.ts';
import { HostImages } from './hostimages.ts';
import { openRuntime, Pod, textOf } from './testpod.ts';

// Run by processruntime.test.ts in a sandbox: /run is ours, and pid 1 is a shell that reaps.

const programs: RuntimePrograms = {
  graceful: ['sh', '-c', 'trap "exit 3" TERM; : > /ready; sleep 1000 & wait'],
  stubborn: ['sh', '-c', ': > /ready; exec sleep 1000'],
  brief: ['sh', '-c', 'echo one; echo bad >&2; echo two; exit 7'],
  missing: ['no-such-program'],
  answer: ['sh', '-c', 'echo out; echo err >&2; exit 4'],
  hang: ['sleep', '1000'],
};
const READY = ['sh', '-c', 'until [ -e /ready ]; do sleep 0.01; done'];
const inUserNamespace = !readFileSync('/proc/self/uid_map', 'utf8').includes('4294967295');
async function openSubject(): Promise<RuntimeSubject> {
  const { runtime, directory } = openRuntime();
  return {
    runtime,
    programs,
    ready: async (id) => void (await runtime.execSync(id, READY, 10_000)),
    until: (work) => work,
    readLog: (path) => readFileSync(path, 'utf8'),
    logPath: (name) => `${directory}/logs/${name}.log`,
    [Symbol.asyncDispose]: () => runtime.close(),
  };
}

runtimeSuite('ProcessRuntime', openSubject);

/** All processes of the sandbox, zombies included. */
function processes(): string[] {
  return readdirSync('/proc').filter((name) => /^\d+$/.test(name));
}

function ownNamespaces(): string[] {
  const names = ['net', 'mnt', 'pid', 'pid_for_children', 'uts', 'ipc'];
  return names.map((name) => readlinkSync(`/proc/thread-self/ns/${name}`));
}

describe('processes of a container', () => {
  it('live in a pid namespace of their own, as pid 1', async () => {
    await using pod = await Pod.open();
    assert.equal(await pod.output('echo $$; set -- /proc/[0-9]*; echo $*'), '1\n/proc/1\n');
  });

  it('are all gone when it stopped, also those that left its session, and no zombie stays', async () => {
    await using pod = await Pod.open();
    const before = processes();
    const script = 'for i in 1 2 3; do setsid sh -c "sleep 1000 & sleep 1000" & done; : > /ready; exec sleep 1000';
    const id = await pod.start(script);
    await pod.runtime.execSync(id, READY, 10_000);
    assert.ok(processes().length > before.length);
    await pod.runtime.stopContainer(id, { graceMs: 1, signal: 'SIGTERM' });
    assert.deepEqual(processes(), before);
  });

  it('are all gone when the runtime was closed, with its mounts and open files', async () => {
    const before = { processes: processes(), mounts: readFileSync('/proc/self/mounts', 'utf8'), fds: openFiles() };
    const pod = await Pod.open();
    for (let i = 0; i < 3; i++) await pod.start('sleep 1000 & sleep 1000');
    await pod.runtime.close();
    assert.equal(pod.exits.length, 3);
    assert.deepEqual(
      { processes: processes(), mounts: readFileSync('/proc/self/mounts', 'utf8'), fds: openFiles() },
      before,
    );
  });

  it('get a signal only at the first one', async () => {
    await using pod = await Pod.open();
    const child = `sh -c "trap 'echo child' TERM; : > /ready; sleep 1000 & wait"`;
    const id = await pod.start(`trap "echo first; exit 0" TERM; ${child} & wait`);
    await pod.runtime.execSync(id, READY, 10_000);
    await pod.runtime.stopContainer(id, { graceMs: 10_000, signal: 'SIGTERM' });
    assert.equal(textOf(await pod.ended(id)), 'first\n');
  });

  it('end by a signal with 128 and its number', async () => {
    await using pod = await Pod.open();
    const id = await pod.start('trap - QUIT; : > /ready; while :; do sleep 0.01; done');
    await pod.runtime.execSync(id, READY, 10_000);
    await pod.runtime.execSync(id, ['sh', '-c', 'kill -9 1; exit 0'], 1000);
    await pod.runtime.stopContainer(id, { graceMs: 1, signal: 'SIGRTMIN+3' });
    assert.equal((await pod.ended(id)).exitCode, 137);
  });

  it('find exactly the environment, directory, hostname and files they were given', async () => {
    await using pod = await Pod.open({ hostname: 'db-0', files: { '/etc/hosts': '10.0.0.1 db-0\n' } });
    const env = { 'my.var': 'a b', PATH: '/usr/bin:/bin', HOME: '/x' };
    const seen = await pod.output('env | sort; pwd; cat /etc/hosts /etc/hostname /proc/sys/kernel/hostname; umask', {
      env,
      workingDir: '/usr',
    });
    const variables = 'HOME=/x\nHOSTNAME=db-0\nPATH=/usr/bin:/bin\nPWD=/usr\n';
    assert.equal(seen.replace('my.var=a b\n', ''), `${variables}/usr\n10.0.0.1 db-0\ndb-0\ndb-0\n0022\n`);
    const direct = await pod.output('', { env, command: ['env'] });
    assert.match(direct, /^my\.var=a b$/m);
  });

  it('share network, hostname and ipc with the pod and nothing with the host', async () => {
    const network = createNetworkNamespace();
    try {
      await using pod = await Pod.open({ networkNamespacePath: network.path });
      const script = 'readlink /proc/self/ns/net /proc/self/ns/uts /proc/self/ns/ipc';
      const first = await pod.output(script);
      assert.equal(await pod.output(script), first);
      assert.equal(first.split('\n')[0], readlinkSync(network.path));
      const id = await pod.start('exec sleep 1000');
      const inside = await pod.runtime.execSync(id, ['sh', '-c', script], 10_000);
      assert.equal(inside.stdout, first);
      for (const [index, name] of ['net', 'uts', 'ipc'].entries()) {
        assert.notEqual(first.split('\n')[index], readlinkSync(`/proc/thread-self/ns/${name}`));
      }
    } finally {
      network.close();
    }
  });

  if (inUserNamespace) {
    it('are refused as another user in a user namespace', async () => {
      await using pod = await Pod.open();
      await assert.rejects(pod.create('id', { runAsUser: 1000 }), refusal(/^Cannot run container c0 as user 1000: /));
      assert.equal(await pod.output('id -u', { runAsUser: 0 }), '0\n');
    });
  } else {
    it('run as the user that was asked for and can open their own output', async () => {
      await using pod = await Pod.open();
      const script = 'id -u; id -g; id -G; echo more > /dev/stdout; echo $HOME';
      assert.equal(await pod.output(script, { runAsUser: 1234, runAsGroup: 4321 }), '1234\n4321\n4321\nmore\n/\n');
      const id = await pod.start('exec sleep 1000', { runAsUser: 1234 });
      assert.equal((await pod.runtime.execSync(id, ['id', '-u'], 10_000)).stdout, '1234\n');
    });
  }
});

describe('the runtime', () => {
  it('comes back to its own namespaces after every start, exec and failure', async () => {
    const before = ownNamespaces();
    await using pod = await Pod.open();
    const own = ownNamespaces(); // In a user namespace the first runtime moves its thread to a uts and ipc of its own.
    assert.deepEqual(own.slice(0, 4), before.slice(0, 4));
    const id = await pod.start('exec sleep 1000');
    await pod.runtime.execSync(id, ['true'], 10_000);
    await assert.rejects(pod.runtime.runPodSandbox(sandboxAt('/no/such/file')), /ENOENT/);
    // A file that is no namespace: the start fails on the way in.
    const broken = await pod.runtime.runPodSandbox(sandboxAt('/etc/passwd'));
    const inBroken = await pod.runtime.createContainer(broken, pod.config('true'));
    await assert.rejects(pod.runtime.startContainer(inBroken), /Cannot enter the net namespace: EINVAL/);
    assert.equal(pod.runtime.containerStatus(inBroken)?.phase, 'Created');
    assert.deepEqual(ownNamespaces(), own);
  });

  it('says what users know when a command cannot be run', async () => {
    await using pod = await Pod.open();
    const cases: [Partial<ContainerConfig>, RegExp][] = [
      [{ command: ['foo'] }, /^exec: "foo": executable file not found in \$PATH$/],
      [{ command: ['/no/foo'] }, /^exec: "\/no\/foo": stat \/no\/foo: no such file or directory$/],
      [{ command: ['/etc/passwd'] }, /^exec: "\/etc\/passwd": permission denied$/],
      [{ command: ['/etc'] }, /^exec: "\/etc": is a directory$/],
      [{ command: [] }, /^no command specified$/],
      [{ workingDir: '/nowhere' }, /^chdir to cwd \("\/nowhere"\) .* no such file or directory$/],
    ];
    for (const [config, text] of cases) await assert.rejects(pod.create('true', config), refusal(text));
  });

  it('says why a start failed, and leaves the container exited and nothing behind', async () => {
    await using pod = await Pod.open();
    const before = processes();
    mkdirSync(`${pod.directory}/gone`);
    const mounts = [{ hostPath: `${pod.directory}/gone`, containerPath: '/data', readOnly: false }];
    const id = await pod.create('true', { mounts });
    rmSync(`${pod.directory}/gone`, { recursive: true });
    const started = pod.runtime.startContainer(id);
    await assert.rejects(started, (error) => error instanceof RuntimeError && error.reason === 'RunContainerError');
    assert.equal(pod.runtime.containerStatus(id)?.exitCode, 128);
    assert.deepEqual(pod.exits, []);
    assert.deepEqual(processes(), before);
  });

  it('kills the whole tree of a command that took too long', async () => {
    await using pod = await Pod.open();
    const id = await pod.start('exec sleep 1000');
    // While a process executes another program it has no command line for a moment.
    await pod.runtime.execSync(id, ['sh', '-c', 'until grep -q ^sleep /proc/1/cmdline; do :; done'], 10_000);
    const before = processes().filter(isAlive);
    const script = 'setsid sleep 1000 & (setsid sh -c "sleep 1000 & sleep 1000" &) ; sleep 1000';
    await assert.rejects(pod.runtime.execSync(id, ['sh', '-c', script], 300), /timed out after 300 ms/);
    assert.deepEqual(processes().filter(isAlive), before);
  });

  it('keeps the first 10 KiB of what a command prints', async () => {
    await using pod = await Pod.open();
    const id = await pod.start('exec sleep 1000');
    const result = await pod.runtime.execSync(id, ['sh', '-c', 'yes | head -c 1000000'], 10_000);
    assert.equal(result.exitCode, 0);
    assert.equal(result.stdout.length, 10 * 1024);
  });

  it('does not wait for what a command left in the background', async () => {
    await using pod = await Pod.open();
    const id = await pod.start('exec sleep 1000');
    const result = await pod.runtime.execSync(id, ['sh', '-c', 'sleep 1000 & echo done'], 10_000);
    assert.deepEqual(result, { exitCode: 0, stdout: 'done\n', stderr: '' });
  });
});

it('stops a pause container at once, with the exit code of a program that was asked', async () => {
  await using pod = await Pod.open();
  const image = await new HostImages().pullImage('registry.k8s.io/pause:3.10', { hasCommand: false });
  const id = await pod.start('', { image, command: [] });
  await pod.runtime.execSync(
    id,
    ['sh', '-c', 'until grep -qE "SigCgt:.*[4-7c-f]...$" /proc/1/status; do :; done'],
    10_000,
  );
  await pod.runtime.stopContainer(id, { graceMs: 10_000, signal: image.stopSignal });
  assert.equal((await pod.ended(id)).exitCode, 0);
});

describe('logs', () => {
  it('are complete for 100,000 lines when the end is reported', async () => {
    await using pod = await Pod.open();
    const expected = Array.from({ length: 100_000 }, (_, index) => `${index + 1}\n`).join('');
    const texts = await Promise.all([1, 2, 3, 4].map(() => pod.output('exec seq 100000')));
    for (const text of texts) assert.ok(text === expected, `${text.length} bytes, need ${expected.length}`);
  });

  it('split long lines at 16 KiB and mark a last line without an end', async () => {
    await using pod = await Pod.open();
    const state = await pod.ended(await pod.start('head -c 40000 /dev/zero | tr "\\0" x; echo; printf rest'));
    const lines = readFileSync(state.logPath, 'utf8').split('\n').slice(0, -1);
    const shape = lines.map((line) => [line.split(' ')[2], line.split(' ')[3]!.length]);
    assert.deepEqual(shape, [
      ['P', 16_384],
      ['P', 16_384],
      ['F', 7232],
      ['P', 4],
    ]);
  });
});

describe('the root directory', () => {
  it('is the host, and what is written to it stays in the container', async () => {
    await using pod = await Pod.open();
    const name = `/segue-test-${process.pid}`;
    assert.equal(await pod.output(`echo private > ${name}; cat ${name}; echo x > /tmp${name}; ls /run`), 'private\n');
    assert.equal(existsSync(name), false);
    assert.equal(existsSync(`/tmp${name}`), false);
    assert.equal(await pod.output(`cat ${name} 2>/dev/null || echo none`), 'none\n');
  });

  it('has volumes at paths that the host does not have', async () => {
    await using pod = await Pod.open();
    mkdirSync(`${pod.directory}/a b`);
    mkdirSync(`${pod.directory}/inner`);
    writeFileSync(`${pod.directory}/file`, 'content\n');
    const mounts = [
      { hostPath: `${pod.directory}/inner`, containerPath: '/no-such/deep/path/inner', readOnly: false },
      { hostPath: `${pod.directory}/a b`, containerPath: '/no-such/deep/path', readOnly: false },
      { hostPath: `${pod.directory}/file`, containerPath: '/var/run/secrets/token', readOnly: true },
      { hostPath: `${pod.directory}/file`, containerPath: '/etc/no-such/conf', readOnly: true },
    ];
    const script =
      'cd /no-such/deep/path; echo 1 > one; echo 2 > inner/two; cat /var/run/secrets/token /etc/no-such/conf';
    assert.equal(await pod.output(script, { mounts }), 'content\ncontent\n');
    assert.equal(readFileSync(`${pod.directory}/a b/one`, 'utf8'), '1\n');
    assert.equal(readFileSync(`${pod.directory}/inner/two`, 'utf8'), '2\n');
    assert.equal(existsSync('/no-such'), false);
    assert.equal(existsSync('/etc/no-such'), false);
  });

  it('has the files and the working directory of its image, and volumes over them', async () => {
    await using pod = await Pod.open({ files: { '/etc/no-such/second': 'pod\n' } });
    writeFileSync(`${pod.directory}/mine`, 'mine\n');
    const image = {
      ...pod.config('').image,
      workingDir: '/srv/no-such',
      files: { '/etc/no-such/first': 'image\n', '/etc/no-such/second': 'image\n', '/etc/no-such/third': 'image\n' },
    };
    const mounts = [{ hostPath: `${pod.directory}/mine`, containerPath: '/etc/no-such/third', readOnly: false }];
    const script = 'pwd; cat /etc/no-such/first /etc/no-such/second /etc/no-such/third; echo more > /etc/no-such/third';
    assert.equal(await pod.output(script, { image, mounts }), '/srv/no-such\nimage\npod\nmine\n');
    assert.equal(readFileSync(`${pod.directory}/mine`, 'utf8'), 'more\n');
  });

  it('has the usual devices and nothing else of the host', async () => {
    await using pod = await Pod.open();
    writeFileSync(`${pod.directory}/message`, '');
    const mounts = [{ hostPath: `${pod.directory}/message`, containerPath: '/dev/termination-log', readOnly: false }];
    const script = [
      'ls /dev | tr "\\n" " "; echo; echo lost > /dev/null; head -c 3 /dev/zero | wc -c; head -c 3 /dev/urandom | wc -c',
      'echo out > /dev/stdout; echo shared > /dev/shm/x; cat /dev/shm/x; echo why > /dev/termination-log',
    ].join('\n');
    const devices = 'fd full null ptmx pts random shm stderr stdin stdout termination-log tty urandom zero ';
    assert.equal(await pod.output(script, { mounts }), `${devices}\n3\n3\nout\nshared\n`);
    assert.equal(readFileSync(`${pod.directory}/message`, 'utf8'), 'why\n');
  });

  it('has read-only volumes that cannot be written', async () => {
    await using pod = await Pod.open();
    mkdirSync(`${pod.directory}/ro`);
    const mounts = [{ hostPath: `${pod.directory}/ro`, containerPath: '/data', readOnly: true }];
    assert.match(await pod.output('echo 1 2>&1 > /data/x || echo refused', { mounts }), /refused\n$/);
    assert.deepEqual(readdirSync(`${pod.directory}/ro`), []);
  });

  it('refuses volumes that have no place or no source', async () => {
    await using pod = await Pod.open();
    const mount = (hostPath: string, containerPath: string) => [{ hostPath, containerPath, readOnly: false }];
    await assert.rejects(
      pod.create('true', { mounts: mount('/no/such', '/data') }),
      refusal(/^Cannot mount \/no\/such at \/data: /),
    );
    await assert.rejects(pod.create('true', { mounts: mount('/', '/') }), refusal(/it is the root directory$/));
    await assert.rejects(
      pod.create('true', { mounts: mount('/etc', '/etc/passwd') }),
      refusal(/a file is there, need/),
    );
    await assert.rejects(
      pod.create('true', { mounts: mount('/etc', '/sys/no-such') }),
      refusal(/cannot be made there$/),
    );
  });
});

function openFiles(): number {
  return readdirSync('/proc/self/fd').length;
}

/** A process that is ending has no command line any more. */
function isAlive(pid: string): boolean {
  return readFileSync(`/proc/${pid}/cmdline`, 'utf8') !== '';
}

function sandboxAt(networkNamespacePath: string): PodSandboxConfig {
  return { uid: 'u', name: 'x', namespace: 'default', hostname: 'x', networkNamespacePath, files: {} };
}

function refusal(text: RegExp): (error: unknown) => boolean {
  return (error) => {
    assert.ok(error instanceof RuntimeError);
    assert.equal(error.reason, 'CreateContainerError');
    assert.match(error.message, text);
    return true;
  };
}
