import assert from 'node:assert/strict';
import { once } from 'node:events';
import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { type AddressInfo, createServer } from 'node:net';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { deploymentManifest, podManifest, serviceManifest, shContainer } from '../support/manifests.ts';
import { processesWith } from '../support/processes.ts';
import { type SegueOptions, SegueProcess } from '../support/segue.ts';
import { tempDir } from '../support/tempdir.ts';
import { TestCluster } from '../support/testcluster.ts';

const LIMIT = { timeout: 60_000 };

describe('what kubectl says about an object that is wrong', () => {
  let cluster: TestCluster;
  before(async () => {
    cluster = await TestCluster.start();
  });
  after(() => cluster?.[Symbol.asyncDispose]());

  const web = deploymentManifest('web', [shContainer('sleep 600')]);
  const changed = (from: string, to: string) => {
    assert.ok(web.includes(from), from);
    return web.replace(from, to);
  };

  const refused: Record<string, [string, RegExp]> = {
    'an unknown field': [changed('"replicas":1', '"replicaz":1'), /unknown field "spec\.replicaz"/],
    'an unknown field deep inside': [
      changed('"image":', '"imagge":'),
      /unknown field "spec\.template\.spec\.containers\[0\]\.imagge"/,
    ],
    'a wrong type': [
      changed('"replicas":1', '"replicas":"many"'),
      /cannot unmarshal string into Go struct field .*replicas.* of type int32/,
    ],
    'an invalid name': [
      podManifest('Not_A_Name', [shContainer('true')]),
      /The Pod "Not_A_Name" is invalid: metadata\.name: Invalid value: "Not_A_Name": a lowercase RFC 1123 subdomain/,
    ],
    'an invalid number': [
      changed('"replicas":1', '"replicas":-1'),
      /The Deployment "web" is invalid: spec\.replicas: Invalid value: -1: must be greater than or equal to 0/,
    ],
    'a selector that does not select its own pods': [
      changed('"template":{"metadata":{"labels":{"app":"web"}}', '"template":{"metadata":{"labels":{"app":"other"}}'),
      /spec\.template\.metadata\.labels: Invalid value: .* `selector` does not match template `labels`/,
    ],
    'a missing field': [podManifest('none', []), /The Pod "none" is invalid: spec\.containers: Required value/],
    'broken YAML': ['apiVersion: v1\nkind: [\n', /error parsing STDIN: error converting YAML to JSON: yaml: line \d+/],
  };
  for (const [what, [manifest, said]] of Object.entries(refused)) {
    test(`${what} is refused with its place`, LIMIT, async () => {
      assert.match(await cluster.fails('apply -f -', manifest), said);
      assert.equal(await cluster.ok('get deployments,pods'), '');
    });
  }

  test('a field that cannot change is refused with its place, and the object stays as it was', LIMIT, async () => {
    await cluster.ok('apply -f -', serviceManifest('fixed'));
    await cluster.ok('apply -f -', podManifest('fixed', [shContainer('sleep 600')]));
    const ip = await cluster.ok('get service fixed -o jsonpath={.spec.clusterIP}');
    const patch = ['patch', 'service', 'fixed', '-p', '{"spec":{"clusterIP":"10.96.0.77"}}'];
    assert.match(
      await cluster.fails(patch),
      /The Service "fixed" is invalid:[\s\S]*spec\.clusterIPs\[0\]: Invalid value: .*may not change once set/,
    );
    assert.equal(await cluster.ok('get service fixed -o jsonpath={.spec.clusterIP}'), ip);
    const other = podManifest('fixed', [shContainer('sleep 601')]);
    assert.match(
      await cluster.fails('apply -f -', other),
      /The Pod "fixed" is invalid: spec: Forbidden: pod updates may not change fields other than/,
    );
  });

  test('what is not there and what is not served is said as kubectl users know it', LIMIT, async () => {
    assert.equal(await cluster.fails('get pod nobody'), 'Error from server (NotFound): pods "nobody" not found\n');
    const widget = 'apiVersion: example.com/v1\nkind: Widget\nmetadata: {name: a}\n';
    const said = await cluster.fails('apply -f -', widget);
    assert.match(said, /no matches for kind "Widget" in version "example\.com\/v1"/);
    assert.match(await cluster.fails('get widgets'), /the server doesn't have a resource type "widgets"/);
    assert.match(
      await cluster.fails('autoscale deployment web --max=3'),
      /not found|no matches for kind|could not find/,
    );
    assert.match(await cluster.fails('create namespace Bad_Name'), /metadata\.name: Invalid value: "Bad_Name"/);
    assert.match(await cluster.fails('get pods -l a==,'), /unable to parse requirement|found|expected/);
  });
});

describe('what segue says when it cannot start', () => {
  /** Runs it to its end: one line that says what and what to do, exit code 1, no process left. */
  async function refusal(args: readonly string[], options: SegueOptions = {}): Promise<string> {
    await using segue = new SegueProcess(args, options);
    const { code, stderr, stdout } = await segue.ended;
    assert.deepEqual([code, stdout], [1, ''], stderr);
    assert.match(stderr, /^[^\n]+\n$/);
    return stderr;
  }
  const up = (state: string, ...args: string[]) => [
    'up',
    '--port',
    '0',
    '--state',
    state,
    '--lb-address',
    '127.0.0.23',
    ...args,
  ];

  test('a port that is taken', LIMIT, async () => {
    await using state = await tempDir();
    const taker = createServer().listen(0, '127.0.0.1');
    await once(taker, 'listening');
    const { port } = taker.address() as AddressInfo;
    const said = await refusal(up(state.path, '--port', String(port)));
    taker.close();
    assert.match(said, new RegExp(`^segue: Cannot listen on 127\\.0\\.0\\.1:${port}: it is in use, need a free one`));
    assert.deepEqual(processesWith(state.path), []);
    await using again = await TestCluster.start({ state: state.path });
    assert.match(await again.ok('get nodes'), /^node-1 +Ready /m);
  });

  test('a state folder that is in use, which its user goes on using', LIMIT, async () => {
    await using cluster = await TestCluster.start();
    const said = await refusal(up(cluster.state));
    assert.match(said, /^segue: .*in use/);
    assert.ok(said.includes(cluster.state), said);
    await cluster.ok('apply -f -', podManifest('alive', [shContainer('sleep 600')]));
    await cluster.ok('wait --for=condition=Ready pod/alive --timeout=30s');
  });

  test('a state folder that cannot be written, or whose path is too long for sockets', LIMIT, async () => {
    await using folder = await tempDir();
    await writeFile(join(folder.path, 'file'), '');
    assert.match(
      await refusal(up(join(folder.path, 'file'))),
      /^segue: Cannot make the state folder .*, need a folder to write to \(--state\)$/m,
    );
    const long = join(folder.path, 'x'.repeat(100));
    assert.match(
      await refusal(up(long)),
      /^segue: Cannot keep sockets in .*: its path is too long, need at most 96 bytes \(--state\)$/m,
    );
    const closed = join(folder.path, 'closed');
    await mkdir(closed);
    await chmod(folder.path, 0o755);
    const through = ['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups'];
    assert.match(
      await refusal(up(join(closed, 'state')), { through }),
      /^segue: Cannot make the state folder .*permission denied/,
    );
  });

  test('no program that makes namespaces, and no permission for them', LIMIT, async () => {
    await using folder = await tempDir();
    const said = await refusal(up(join(folder.path, 'a')), { env: { PATH: folder.path } });
    assert.equal(said, 'segue: Cannot make namespaces: setpriv or unshare is not installed, need util-linux\n');
    const forbid = 'echo 0 > /proc/sys/user/max_net_namespaces && exec "$@"';
    const through = ['unshare', '--user', '--map-root-user', 'sh', '-c', forbid, 'sh'];
    const refused = await refusal(up(join(folder.path, 'b')), { through });
    assert.match(refused, /^segue: Cannot .*need permission for namespaces/);
    assert.deepEqual(processesWith(folder.path), []);
  });

  test('flags and manifests that are wrong', LIMIT, async () => {
    await using folder = await tempDir();
    const state = join(folder.path, 'state');
    assert.match(await refusal(up(state, '--nodes', '0')), /^segue: Cannot start 0 nodes: need 1 to 200 \(--nodes\)$/m);
    assert.match(await refusal(up(state, '--port', 'x')), /--port <port>.*need a whole number/);
    assert.match(await refusal(up(state, '--release', 'Later')), /Allowed choices are Observed, Drained, None/);
    assert.match(await refusal(up(state, '--frobnicate')), /unknown option '--frobnicate'/);
    assert.match(
      await refusal(up(state, '--lb-address', '192.0.2.1')),
      /^segue: Cannot publish load balancers on 192\.0\.2\.1: .*need one such as 127/,
    );
    assert.match(
      await refusal(up(state, '-f', join(folder.path, 'none.yaml'))),
      /^segue: Cannot read .*none\.yaml: .*need a manifest/,
    );
    const broken = join(folder.path, 'broken.yaml');
    await writeFile(broken, 'apiVersion: v1\nkind: [\n');
    assert.match(await refusal(up(state, '-f', broken)), /^segue: Cannot read .*broken\.yaml:\d+: /);
    await writeFile(broken, 'apiVersion: v1\nkind: Widget\nmetadata: {name: a}\n');
    assert.match(
      await refusal(up(state, '-f', broken)),
      /^segue: Cannot apply .*broken\.yaml:1: no matches for kind "Widget" in version "v1"$/m,
    );
  });

  test('a manifest that the API refuses ends it again, whole', LIMIT, async () => {
    await using folder = await tempDir();
    const bad = join(folder.path, 'bad.json');
    await writeFile(bad, podManifest('Not_A_Name', [shContainer('true')]));
    await using segue = new SegueProcess(up(join(folder.path, 's'), '-f', bad));
    const { code, stderr } = await segue.ended;
    assert.equal(code, 1);
    assert.match(
      stderr,
      /^segue: Cannot apply .*bad\.json: Pod "Not_A_Name" is invalid: metadata\.name: Invalid value: [^\n]*\n$/,
    );
    assert.deepEqual(processesWith(folder.path), []);
  });
});
