import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { createReadStream, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { chmod, chown } from 'node:fs/promises';
import { get as httpGet } from 'node:http';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { promisify } from 'node:util';
import { events, services } from '../../src/api/resources.ts';
import { isPodReady } from '../../src/api/servicepods.ts';
import { NETLINK_NETFILTER, NetlinkSocket } from '../../src/linux/netlink.ts';
import {
  deploymentManifest,
  podManifest,
  serverContainer,
  serviceManifest,
  shContainer,
} from '../support/manifests.ts';
import { type Process, processes, processesWith, processTree, untilGone } from '../support/processes.ts';
import { tempDir } from '../support/tempdir.ts';
import { TestCluster } from '../support/testcluster.ts';

const LIMIT = { timeout: 90_000 };
/** The subsystem nf_tables (10), NFT_MSG_GETTABLE (1). */
const GET_TABLES = (10 << 8) | 1;
/** A user without any right on this machine. */
const NOBODY = 65534;
const AS_NOBODY = [
  'setpriv',
  `--reuid=${NOBODY}`,
  `--regid=${NOBODY}`,
  '--clear-groups',
  '--bounding-set=-all',
  '--inh-caps=-all',
];

async function run(program: string, args: readonly string[]): Promise<string> {
  return (await promisify(execFile)(program, [...args])).stdout;
}

/** What of the host a cluster must leave alone: links, mounts, forwarding, tables of packet rules. */
function hostState(): { links: string[]; mounts: string; forwarding: string; tables: string[] } {
  const socket = new NetlinkSocket(NETLINK_NETFILTER);
  try {
    return {
      links: readdirSync('/sys/class/net').sort(),
      mounts: readFileSync('/proc/self/mountinfo', 'utf8'),
      forwarding: readFileSync('/proc/sys/net/ipv4/ip_forward', 'utf8'),
      tables: socket
        .dump({ type: GET_TABLES, flags: 0, body: Buffer.alloc(4), doing: 'list tables of rules' })
        .map(({ body }) => body.toString('latin1')),
    };
  } finally {
    socket.close();
  }
}

/** Network namespaces that these processes, those that still run, are in. */
function networkNamespaces(those: readonly Process[]): Set<string> {
  return new Set(
    those.flatMap(({ pid }) => {
      try {
        return [readlinkSync(`/proc/${pid}/ns/net`)];
      } catch (error) {
        const { code } = error as NodeJS.ErrnoException;
        // Ended meanwhile, or not to be looked into: no process of a cluster is more than its user.
        if (code === 'ENOENT' || code === 'ESRCH' || code === 'EACCES') return [];
        throw error;
      }
    }),
  );
}

/** Body of an answer over a new connection. */
function get(url: string): Promise<string> {
  return new Promise((resolve, reject) => {
    httpGet(url, { agent: false }, (response) => {
      let body = '';
      response.setEncoding('utf8').on('data', (text: string) => {
        body += text;
      });
      response.on('end', () => resolve(body));
      response.on('error', reject);
    }).on('error', reject);
  });
}

/** Resolves when no process has the other end of the pipe open any more: the kernel says so. */
async function lastOneGone(fifo: string): Promise<{ opened: Promise<unknown>; gone: Promise<unknown> }> {
  await run('mkfifo', ['-m', '666', fifo]);
  const reader = createReadStream(fifo).resume();
  return { opened: once(reader, 'open'), gone: once(reader, 'end') };
}

describe('from the host', () => {
  test('NodePorts and load balancers answer on loopback, with both nodes behind them', LIMIT, async () => {
    await using cluster = await TestCluster.start({ args: ['--nodes', '2'] });
    await cluster.ok('apply -f -', deploymentManifest('web', [serverContainer()], { replicas: 2 }));
    await cluster.ok('apply -f -', serviceManifest('web', { type: 'LoadBalancer', port: 8765 }));
    await cluster.ok('rollout status deploy/web --timeout=60s');
    const service = await cluster.until(services, (all) =>
      all.find(({ status }) => status?.loadBalancer?.ingress?.length),
    );
    assert.deepEqual(
      service.status?.loadBalancer?.ingress?.map(({ ip }) => ip),
      ['127.0.0.21'],
    );
    const names = (await cluster.ok('get pods -o jsonpath={.items[*].metadata.name}')).split(' ').sort();
    const nodePort = service.spec.ports?.[0]?.nodePort;
    for (const url of [`http://127.0.0.1:${nodePort}/`, 'http://127.0.0.21:8765/']) {
      const seen = new Set<string>();
      while (seen.size < 2) seen.add((JSON.parse(await get(url)) as { pod: string }).pod);
      assert.deepEqual([...seen].sort(), names);
    }
    assert.match(
      await cluster.ok('get service web'),
      /^web +LoadBalancer +10\.96\.\d+\.\d+ +127\.0\.0\.21 +8765:3\d+\/TCP /m,
    );
    await cluster.ok('delete service web');
    await assert.rejects(get(`http://127.0.0.1:${nodePort}/`), { code: 'ECONNREFUSED' });
  });

  test(
    'a port of the host that is taken is said in an event, and used as soon as the Service changes',
    LIMIT,
    async () => {
      await using cluster = await TestCluster.start();
      const taker = createServer().listen(8766, '127.0.0.21');
      await once(taker, 'listening');
      await cluster.ok('apply -f -', serviceManifest('taken', { type: 'LoadBalancer', port: 8766 }));
      const message = await cluster.until(
        events,
        (all) => all.find(({ reason }) => reason === 'PortNotPublished')?.message,
      );
      assert.match(message, /^Cannot listen on 127\.0\.0\.21:8766: in use by another process, need it free$/);
      assert.match(await cluster.ok('get service taken'), /<pending>/);
      taker.close();
      await once(taker, 'close');
      await cluster.ok('annotate service taken again=now');
      await cluster.until(services, (all) => all.find(({ status }) => status?.loadBalancer?.ingress?.length));
    },
  );
});

describe('when it ends', () => {
  /** Pods that do not want to go: one ignores signals, one has a daemon that left its session and its parent. */
  const stubborn = (marker: string, folder: string) => {
    const ignores = `exec 3>/shared/fifo; trap "" TERM INT HUP; sleep ${marker} & echo up; wait; wait; wait`;
    const daemon = `exec 3>/shared/fifo; (setsid sh -c 'trap "" TERM INT HUP; sleep ${marker} & wait; wait' &) ; echo up; sleep ${marker}`;
    const mounts = { volumeMounts: [{ name: 'shared', mountPath: '/shared' }] };
    const spec = { volumes: [{ name: 'shared', hostPath: { path: folder } }], terminationGracePeriodSeconds: 600 };
    return [
      podManifest('ignores', [shContainer(ignores, mounts)], { spec }),
      podManifest('daemon', [shContainer(daemon, mounts)], { spec }),
      podManifest('serves', [serverContainer()]),
    ];
  };

  async function leavesNothing(signal: NodeJS.Signals, through: readonly string[] = []): Promise<void> {
    await using shared = await tempDir();
    await chmod(shared.path, 0o777);
    await using state = await tempDir();
    if (through.length > 0) await chown(state.path, NOBODY, NOBODY);
    const before = hostState();
    const own = readlinkSync('/proc/self/ns/net');
    const marker = `3601.${process.pid}`;
    await using cluster = await TestCluster.start({ state: state.path, through });
    const pipe = await lastOneGone(join(shared.path, 'fifo'));
    for (const manifest of stubborn(marker, shared.path)) await cluster.ok('apply -f -', manifest);
    for (const name of ['ignores', 'daemon', 'serves']) await cluster.pod(name, isPodReady);
    for (const name of ['ignores', 'daemon']) {
      await cluster.follow(`logs -f ${name}`, (output) => output.includes('up'));
    }
    await pipe.opened;
    const mine = processTree(cluster.process.pid);
    assert.ok(processesWith(marker).length >= 3, processesWith(marker).join('\n'));
    const made = [...networkNamespaces(mine)].filter((namespace) => namespace !== own);
    assert.ok(made.length >= 3, 'the sandbox, its node and its pods have networks of their own');
    cluster.process.signal(signal);
    const { code } = await cluster.process.ended;
    await pipe.gone;
    assert.equal(code, signal === 'SIGKILL' ? null : 0);
    await untilGone(mine);
    assert.deepEqual(processesWith(marker), []);
    const left = networkNamespaces(processes());
    assert.deepEqual(
      made.filter((namespace) => left.has(namespace)),
      [],
    );
    assert.deepEqual(hostState(), before);
  }

  test('Ctrl-C leaves no process, namespace, link or mount', LIMIT, () => leavesNothing('SIGINT'));
  test('kill -9 leaves no process, namespace, link or mount', LIMIT, () => leavesNothing('SIGKILL'));

  test('it runs without any right on the machine, and leaves as little', LIMIT, () =>
    leavesNothing('SIGKILL', AS_NOBODY),
  );
});
