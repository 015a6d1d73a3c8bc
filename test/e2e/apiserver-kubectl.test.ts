import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { builtinKinds } from '../../src/api/registry.ts';
import { createApiServer } from '../../src/apiserver/apiserver.ts';
import { silentLog } from '../../src/base/log.ts';
import { systemClock, systemRandom } from '../../src/base/system.ts';
import { startHttpsFront } from '../../src/cluster/http/https.ts';
import { createAuthority, issueClient, issueServer } from '../../src/cluster/pki.ts';
import { MemoryStore } from '../../src/store/memory/memorystore.ts';

const KUBECTL = process.env['KUBECTL'] ?? 'kubectl';

interface Ran {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** A server on a port of its own, and the real kubectl pointed at it. */
async function startCluster(): Promise<AsyncDisposable & { run(line: string, input?: string): Promise<Ran> }> {
  await using cleanup = new AsyncDisposableStack();
  const env = { clock: systemClock, random: systemRandom, log: silentLog };
  const server = await createApiServer({
    env,
    stores: { durable: new MemoryStore(), memory: new MemoryStore() },
    registry: builtinKinds(),
    serviceCIDR: '10.96.0.0/16',
    nodePortRange: { from: 30000, to: 32767 },
    version: 'v1.35.0+segue',
  });
  cleanup.defer(() => server.close());
  const nowMs = Date.now();
  const authority = await createAuthority({ commonName: 'segue-ca', nowMs });
  const client = await issueClient(authority, { commonName: 'admin', organizations: ['system:masters'], nowMs });
  const front = await startHttpsFront({
    handle: server.handle,
    env,
    host: '127.0.0.1',
    port: 0,
    ...(await issueServer(authority, { commonName: 'segue', nowMs })),
    clientAuthorityPem: authority.certificatePem,
  });
  cleanup.defer(() => front.close());
  const home = await mkdtemp(join(tmpdir(), 'segue-kubectl-'));
  cleanup.defer(() => rm(home, { recursive: true, force: true }));
  const kubeconfig = join(home, 'config');
  await writeFile(kubeconfig, kubeconfigOf({ port: front.port, authorityPem: authority.certificatePem, client }));
  const owned = cleanup.move();
  return {
    run: (line, input) => kubectl({ line, home, kubeconfig, input: input ?? '' }),
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

function kubectl(options: { line: string; home: string; kubeconfig: string; input: string }): Promise<Ran> {
  const { line, home, kubeconfig, input } = options;
  return new Promise((resolve) => {
    const environment = { PATH: process.env['PATH'] ?? '', HOME: home, KUBECONFIG: kubeconfig };
    const args = line.split(' ').map((word) => word.replaceAll('␣', ' '));
    const child = execFile(KUBECTL, args, { env: environment, timeout: 60_000 }, (error, stdout, stderr) => {
      resolve({ code: error ? Number(error.code ?? 1) : 0, stdout, stderr });
    });
    child.stdin?.end(input);
  });
}

function kubeconfigOf(options: {
  port: number;
  authorityPem: string;
  client: { certificatePem: string; keyPem: string };
}): string {
  const base64 = (text: string) => Buffer.from(text).toString('base64');
  const { port, authorityPem, client } = options;
  return JSON.stringify({
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': 'segue',
    clusters: [
      {
        name: 'segue',
        cluster: { server: `https://127.0.0.1:${port}`, 'certificate-authority-data': base64(authorityPem) },
      },
    ],
    users: [
      {
        name: 'admin',
        user: {
          'client-certificate-data': base64(client.certificatePem),
          'client-key-data': base64(client.keyPem),
        },
      },
    ],
    contexts: [{ name: 'segue', context: { cluster: 'segue', user: 'admin' } }],
  });
}

const WEB = `
apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
spec:
  replicas: 2
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers:
      - {name: web, image: "nginx:1", ports: [{containerPort: 80}]}
---
apiVersion: v1
kind: Service
metadata:
  name: web
spec:
  type: NodePort
  selector: {app: web}
  ports: [{port: 80}]
`;

/** Runs a line that must succeed; returns what it printed. */
async function ok(
  cluster: { run(line: string, input?: string): Promise<Ran> },
  line: string,
  input?: string,
): Promise<string> {
  const ran = await cluster.run(line, input);
  assert.equal(ran.code, 0, `kubectl ${line}: ${ran.stderr}`);
  return ran.stdout;
}

test('kubectl creates, reads, applies, patches, scales and deletes', async () => {
  await using cluster = await startCluster();
  assert.equal(await ok(cluster, 'apply -f -', WEB), 'deployment.apps/web created\nservice/web created\n');
  assert.equal(await ok(cluster, 'apply -f -', WEB), 'deployment.apps/web unchanged\nservice/web unchanged\n');
  const changed = WEB.replace('nginx:1', 'nginx:2');
  assert.equal(await ok(cluster, 'apply -f -', changed), 'deployment.apps/web configured\nservice/web unchanged\n');
  const table = await ok(cluster, 'get deployments,services -o wide');
  assert.match(table, /^deployment\.apps\/web +0\/2 +0 +0 +\d+s +web +nginx:2 +app=web$/m);
  assert.match(table, /^service\/web +NodePort +10\.96\.\d+\.\d+ +<none> +80:3\d{4}\/TCP +\d+s +app=web$/m);
  assert.match(await ok(cluster, 'scale deployment web --replicas=5'), /scaled/);
  assert.equal(await ok(cluster, 'get deployment web -o jsonpath={.spec.replicas}'), '5');
  assert.match(await ok(cluster, 'label deployment web tier=front'), /labeled/);
  assert.match(await ok(cluster, 'annotate deployment web note=x'), /annotated/);
  assert.match(
    await ok(cluster, 'patch deployment web --type=json -p [{"op":"replace","path":"/spec/replicas","value":3}]'),
    /patched/,
  );
  assert.match(await ok(cluster, 'patch deployment web --type=merge -p {"spec":{"paused":true}}'), /patched/);
  assert.match(await ok(cluster, 'set env deployment/web VERSION=2'), /env updated/);
  assert.equal(
    await ok(
      cluster,
      'get deployment -l tier=front -o jsonpath={.items[*].spec.template.spec.containers[0].env[0].value}',
    ),
    '2',
  );
  const described = await ok(cluster, 'describe deployment web');
  assert.match(described, /Replicas: +3 desired/);
  assert.match(described, /VERSION: +2/);
  assert.match(await ok(cluster, 'describe service web'), /Type: +NodePort/);
  assert.equal(await ok(cluster, 'delete -f -', WEB), 'deployment.apps "web" deleted\nservice "web" deleted\n');
  assert.equal(await ok(cluster, 'get deployments,services'), '');
});

test('kubectl finds out what is served and what its fields mean', async () => {
  await using cluster = await startCluster();
  assert.match(await ok(cluster, 'version'), /Server Version: v1\.35\.0\+segue/);
  const resources = await ok(cluster, 'api-resources');
  assert.match(resources, /^deployments +deploy +apps\/v1 +true +Deployment$/m);
  assert.match(resources, /^namespaces +ns +v1 +false +Namespace$/m);
  assert.match(await ok(cluster, 'api-versions'), /^discovery\.k8s\.io\/v1$/m);
  const explained = await ok(cluster, 'explain deployment.spec.strategy');
  assert.match(explained, /rollingUpdate/);
  assert.match(await ok(cluster, 'explain pods'), /KIND: +Pod/);
  assert.match(await ok(cluster, 'get --raw /readyz?verbose'), /readyz check passed/);
});

test('kubectl waits for a deletion that a finalizer holds up', async () => {
  await using cluster = await startCluster();
  const held = JSON.stringify({
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'held', finalizers: ['a.b/c'] },
  });
  await ok(cluster, 'create -f -', held);
  await ok(cluster, 'delete configmap held --wait=false');
  const waiting = ok(cluster, 'wait --for=delete configmap/held --timeout=30s');
  await ok(cluster, 'patch configmap held --type=merge -p {"metadata":{"finalizers":null}}');
  await waiting;
  const gone = await cluster.run('get configmap held');
  assert.equal(gone.code, 1);
  assert.equal(gone.stderr, 'Error from server (NotFound): configmaps "held" not found\n');
});

test('kubectl tells its user what is wrong with an object', async () => {
  await using cluster = await startCluster();
  const unknown = await cluster.run('apply -f -', WEB.replace('replicas: 2', 'replicaz: 2'));
  assert.equal(unknown.code, 1);
  assert.match(unknown.stderr, /unknown field "spec\.replicaz"/);
  const wrong = await cluster.run('apply -f - --validate=false', WEB.replace('replicas: 2', 'replicas: -1'));
  assert.match(
    wrong.stderr,
    /The Deployment "web" is invalid: spec\.replicas: Invalid value: -1: must be greater than or equal to 0/,
  );
  const kind = await cluster.run('get widgets');
  assert.match(kind.stderr, /the server doesn't have a resource type "widgets"/);
});

test('kubectl create, which speaks protobuf, and wait, which watches', async () => {
  await using cluster = await startCluster();
  const create = 'create deployment made --image=nginx:1 --port=80 --replicas=0 -- sleep 5';
  assert.equal(await ok(cluster, create), 'deployment.apps/made created\n');
  const path =
    '{.spec.replicas} {.spec.template.spec.containers[0].command} {.spec.template.spec.containers[0].ports[0]}';
  const made = await ok(cluster, `get deployment made -o jsonpath=${path.replaceAll(' ', '␣')}`);
  assert.equal(made, '0 ["sleep","5"] {"containerPort":80,"protocol":"TCP"}');
  await ok(cluster, 'create namespace team');
  await ok(cluster, 'create secret generic key --from-literal=a=b -n team');
  assert.equal(await ok(cluster, 'get secret key -n team -o jsonpath={.data.a}'), 'Yg==');
  await ok(cluster, 'create configmap seen --from-literal=a=1');
  const waiting = ok(cluster, 'wait --for=jsonpath={.data.a}=2 configmap/seen --timeout=30s');
  await ok(cluster, 'patch configmap seen --type=merge -p {"data":{"a":"2"}}');
  assert.equal(await waiting, 'configmap/seen condition met\n');
});
