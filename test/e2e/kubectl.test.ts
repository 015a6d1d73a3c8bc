import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { events, pods } from '../../src/api/resources.ts';
import { isPodReady } from '../../src/api/servicepods.ts';
import type { Container } from '../../src/api/types/core.ts';
import {
  deploymentManifest,
  podManifest,
  serverContainer,
  serviceManifest,
  shContainer,
} from '../support/manifests.ts';
import { TestCluster } from '../support/testcluster.ts';

const LIMIT = { timeout: 60_000 };
const WEB = deploymentManifest('web', [serverContainer()], { replicas: 2 });

let cluster: TestCluster;

before(async () => {
  cluster = await TestCluster.start();
  await cluster.ok('apply -f -', WEB);
  await cluster.ok('apply -f -', serviceManifest('web'));
  await cluster.ok('rollout status deploy/web --timeout=60s');
});
after(() => cluster?.[Symbol.asyncDispose]());

const jsonpath = (what: string, path: string) => cluster.ok(['get', ...what.split(' '), '-o', `jsonpath=${path}`]);

describe('reading', () => {
  test('get shows what Kubernetes shows of nodes, pods, services and endpoints', LIMIT, async () => {
    const table = await cluster.ok('get nodes,pods,svc,endpoints,endpointslices -o wide');
    assert.match(table, /^node\/node-1 +Ready +<none> +\S+ +v1\.35\.\d+\+segue +172\.30\.\d+\.\d+ +<none> /m);
    assert.match(table, /^pod\/web-\w+-\w+ +1\/1 +Running +0 +\S+ +10\.244\.1\.\d+ +node-1 +<none> +<none>$/m);
    assert.match(table, /^service\/web +ClusterIP +10\.96\.\d+\.\d+ +<none> +80\/TCP +\S+ +app=web$/m);
    assert.match(table, /^endpoints\/web +10\.244\.1\.\d+:8080,10\.244\.1\.\d+:8080 +\S+$/m);
    assert.match(table, /^endpointslice\.discovery\.k8s\.io\/web-\w+ +IPv4 +8080 +10\.244\.1\.\d+,10\.244\.1\.\d+ /m);
  });

  test('describe tells the story of a pod, a Deployment, a Service and a node', LIMIT, async () => {
    const pod = await cluster.ok('describe pod -l app=web');
    for (const line of [
      /^Status: +Running$/m,
      /^ {2}Ready +True *$/m,
      /^ {4}Readiness: +http-get http:\/\/:http\/ /m,
      /Scheduled .*Successfully assigned default\/web-/,
    ]) {
      assert.match(pod, line);
    }
    const deployment = await cluster.ok('describe deploy web');
    assert.match(deployment, /^Replicas: +2 desired \| 2 updated \| 2 total \| 2 available \| 0 unavailable$/m);
    assert.match(deployment, /ScalingReplicaSet .*Scaled up replica set web-\w+ (from 0 )?to 2/);
    assert.match(await cluster.ok('describe svc web'), /^Endpoints: +10\.244\.1\.\d+:8080,10\.244\.1\.\d+:8080$/m);
    assert.match(await cluster.ok('describe node node-1'), /^ {2}Ready +True /m);
  });

  test('output comes as yaml, json, names and by jsonpath', LIMIT, async () => {
    assert.match(await cluster.ok('get deploy web -o yaml'), /^kind: Deployment$/m);
    assert.equal((await cluster.json<{ kind: string }>('get deploy web')).kind, 'Deployment');
    assert.equal(await cluster.ok('get deploy,svc web -o name'), 'deployment.apps/web\nservice/web\n');
    assert.equal(await jsonpath('deploy web', '{.spec.replicas}{" "}{.metadata.name}'), '2 web');
    assert.match(await cluster.ok('get deploy web -o custom-columns=N:.metadata.name,R:.spec.replicas'), /^web +2$/m);
  });

  test('labels and fields select', LIMIT, async () => {
    assert.equal((await cluster.ok('get pods -l app=web -o name')).trim().split('\n').length, 2);
    assert.equal(await cluster.ok('get pods -l app!=web -o name'), '');
    assert.equal(
      (await cluster.ok('get pods --field-selector=spec.nodeName=node-1,status.phase=Running -l app=web -o name'))
        .trim()
        .split('\n').length,
      2,
    );
    assert.equal(await cluster.ok('get pods --field-selector=status.phase=Failed -o name'), '');
    assert.match(await cluster.ok('get pods -A --sort-by=.metadata.name'), /^default +web-/m);
  });

  test('what is served and what fields mean can be asked', LIMIT, async () => {
    assert.match(await cluster.ok('version'), /Server Version: v1\.35\.\d+\+segue/);
    assert.match(
      await cluster.ok('cluster-info'),
      /Kubernetes control plane.* is running at .*https:\/\/127\.0\.0\.1:\d+/,
    );
    assert.match(await cluster.ok('api-resources'), /^podreleases +segue\.dev\/v1 +true +PodRelease$/m);
    assert.match(
      await cluster.ok('explain pod.spec.terminationGracePeriodSeconds'),
      /FIELD: terminationGracePeriodSeconds <integer>/,
    );
    assert.match(await cluster.ok('explain podreleases'), /KIND: +PodRelease/);
    assert.match(await cluster.ok('get endpointconsumers'), /^node-1\.proxy +proxy +node-1 /m);
    assert.match(await cluster.ok('get events'), /Normal +ScalingReplicaSet +deployment\/web /);
    assert.match(await cluster.ok('events --for deployment/web'), /ScalingReplicaSet/);
  });
});

describe('logs', () => {
  test('they can be read whole, by their end, by their age, with times, and followed to the end', LIMIT, async () => {
    const script = 'for i in 1 2 3; do echo line $i; done; trap "echo bye; exit 0" TERM; while :; do sleep 0.1; done';
    await cluster.ok('apply -f -', podManifest('talks', [shContainer(script)]));
    await cluster.pod('talks', isPodReady);
    const seen = await cluster.follow('logs -f talks', (output) => output.includes('line 3'));
    assert.equal(seen, 'line 1\nline 2\nline 3\n');
    assert.equal(await cluster.ok('logs talks'), 'line 1\nline 2\nline 3\n');
    assert.equal(await cluster.ok('logs talks --tail=1'), 'line 3\n');
    assert.equal(await cluster.ok('logs talks --since=1h'), 'line 1\nline 2\nline 3\n');
    assert.equal(await cluster.ok('logs talks --since-time=2199-01-01T00:00:00Z'), '');
    assert.match(
      await cluster.ok('logs talks --timestamps --tail=1'),
      /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d+Z line 3$/m,
    );
    assert.match(await cluster.ok('logs -l app=talks --prefix'), /^\[pod\/talks\/sh\] line 1$/m);
    const followed = cluster.ok('logs -f talks');
    await cluster.ok('delete pod talks');
    assert.equal(await followed, 'line 1\nline 2\nline 3\nbye\n');
  });

  test('of a container that was started again, the run before can be read', LIMIT, async () => {
    await cluster.ok('apply -f -', podManifest('again', [shContainer('echo run; exit 1')]));
    await cluster.pod('again', (pod) => (pod.status?.containerStatuses?.[0]?.restartCount ?? 0) >= 1);
    assert.equal(await cluster.ok('logs again --previous'), 'run\n');
    assert.match(await cluster.fails('logs again -c nobody'), /container nobody is not valid for pod again/);
    await cluster.ok('delete pod again --now');
  });
});

describe('changing', () => {
  test('apply says created, unchanged and configured, and removes what a manifest no longer has', LIMIT, async () => {
    const first = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'm' }, data: { a: '1', b: '2' } };
    const second = { ...first, data: { a: '3' } };
    assert.equal(await cluster.ok('apply -f -', JSON.stringify(first)), 'configmap/m created\n');
    assert.equal(await cluster.ok('apply -f -', JSON.stringify(first)), 'configmap/m unchanged\n');
    assert.match(
      await cluster.kubectl('diff -f -', JSON.stringify(second)).then(({ stdout }) => stdout),
      /^- {2}b: "2"$/m,
    );
    assert.equal(await cluster.ok('apply -f -', JSON.stringify(second)), 'configmap/m configured\n');
    assert.equal(await jsonpath('configmap m', '{.data}'), '{"a":"3"}');
    await cluster.ok('label configmap m tier=x');
    await cluster.ok('annotate configmap m note=y');
    assert.equal(await jsonpath('configmap -l tier=x', '{.items[0].metadata.annotations.note}'), 'y');
    await cluster.ok('label configmap m tier-');
    assert.equal(await cluster.ok('get configmap -l tier=x -o name'), '');
  });

  test('patches of all three types change what they say', LIMIT, async () => {
    await cluster.ok('create configmap p --from-literal=a=1');
    await cluster.ok(['patch', 'configmap', 'p', '-p', '{"data":{"b":"2"}}']);
    await cluster.ok(['patch', 'configmap', 'p', '--type=merge', '-p', '{"data":{"a":null}}']);
    await cluster.ok(['patch', 'configmap', 'p', '--type=json', '-p', '[{"op":"add","path":"/data/c","value":"3"}]']);
    assert.equal(await jsonpath('configmap p', '{.data}'), '{"b":"2","c":"3"}');
  });

  test('a Deployment is rolled out, looked back at, undone, restarted, paused and scaled', LIMIT, async () => {
    await cluster.ok('set env deploy/web VERSION=2');
    assert.match(
      await cluster.ok('rollout status deploy/web --timeout=60s'),
      /deployment "web" successfully rolled out/,
    );
    assert.equal(
      await jsonpath('deploy web', '{.spec.template.spec.containers[0].env}'),
      '[{"name":"VERSION","value":"2"}]',
    );
    assert.match(await cluster.ok('rollout history deploy/web'), /^1 +<none>\n2 +<none>$/m);
    assert.match(await cluster.ok('rollout history deploy/web --revision=2'), /VERSION:\s+2/);
    await cluster.ok('rollout undo deploy/web');
    await cluster.ok('rollout status deploy/web --timeout=60s');
    assert.equal(await jsonpath('deploy web', '{.spec.template.spec.containers[0].env}'), '');
    await cluster.ok('rollout restart deploy/web');
    await cluster.ok('rollout status deploy/web --timeout=60s');
    await cluster.ok('rollout pause deploy/web');
    await cluster.ok('set image deploy/web server=busybox');
    assert.match(await cluster.ok('get deploy web -o wide'), /^web +2\/2 +0 +2 .* busybox /m);
    assert.match(await cluster.fails('rollout undo deploy/web'), /paused/);
    await cluster.ok('set image deploy/web server=node');
    await cluster.ok('rollout resume deploy/web');
    await cluster.ok('scale deploy/web --replicas=3');
    await cluster.ok('rollout status deploy/web --timeout=60s');
    assert.equal((await cluster.ok('get pods -l app=web -o name')).trim().split('\n').length >= 3, true);
    await cluster.ok('scale deploy/web --current-replicas=3 --replicas=2');
    await cluster.ok('wait deploy/web --for=jsonpath={.status.replicas}=2 --timeout=30s');
  });

  test('pods are deleted gracefully, at once, and waited for', LIMIT, async () => {
    for (const name of ['one', 'two', 'three']) {
      await cluster.ok('apply -f -', podManifest(name, [shContainer('trap "" TERM; sleep 600 & wait; wait')]));
    }
    await cluster.ok('wait --for=condition=Ready pod/one pod/two pod/three --timeout=30s');
    const before = Date.now();
    assert.match(await cluster.ok('delete pod one --grace-period=1'), /pod "one" deleted/);
    assert.ok(Date.now() - before >= 1_000);
    assert.match(await cluster.ok('delete pod two --force'), /pod "two" force deleted/);
    await cluster.ok('delete pod three --wait=false');
    assert.match(await cluster.ok('get pod three'), /^three +1\/1 +Terminating /m);
    await cluster.ok('wait --for=delete pod/three --timeout=30s');
  });

  test('a watch shows each change as it comes', LIMIT, async () => {
    const watched = cluster.follow('get pods -w -l app=seen --no-headers', (output) =>
      /^seen +0\/1 +Completed /m.test(output),
    );
    await cluster.ok('apply -f -', podManifest('seen', [shContainer('exit 0')], { spec: { restartPolicy: 'Never' } }));
    assert.match(await watched, /^seen +0\/1 +Pending [\s\S]*^seen +0\/1 +Completed /m);
  });
});

describe('making', () => {
  test('generators make pods, deployments and services, and what is not served is refused', LIMIT, async () => {
    await cluster.ok('create deployment made --image=registry.k8s.io/pause:3.10 --replicas=1');
    await cluster.ok('rollout status deploy/made --timeout=30s');
    await cluster.ok('expose deployment made --port=80 --target-port=8080 --type=NodePort');
    assert.match(await cluster.ok('get svc made'), /^made +NodePort +10\.96\.\d+\.\d+ +<none> +80:3\d+\/TCP /m);
    await cluster.ok('create service clusterip other --tcp=5:6');
    assert.equal(await jsonpath('svc other', '{.spec.ports[0].targetPort}'), '6');
    await cluster.ok(['run', 'ran', '--image=busybox', '--restart=Never', '--', 'sh', '-c', 'exit 0']);
    await cluster.pod('ran', (pod) => pod.status?.phase === 'Succeeded');
    assert.match(
      await cluster.fails('create job j --image=busybox'),
      /the server could not find the requested resource/,
    );
    assert.match(
      await cluster.fails('autoscale deployment made --max=3'),
      /the server could not find the requested resource/,
    );
    await cluster.ok('delete deploy/made svc/made svc/other');
    await cluster.ok('wait --for=delete pod -l app=made --timeout=30s');
  });

  test('config maps and secrets reach a container as variables and as files', LIMIT, async () => {
    await cluster.ok('create configmap settings --from-literal=colour=blue --from-literal=size=9');
    await cluster.ok('create secret generic hidden --from-literal=key=s3cret');
    const container = {
      ...shContainer('echo $COLOUR $KEY $P_size; cat /etc/settings/colour /etc/hidden/key; ls /etc/settings'),
      env: [
        { name: 'COLOUR', valueFrom: { configMapKeyRef: { name: 'settings', key: 'colour' } } },
        { name: 'KEY', valueFrom: { secretKeyRef: { name: 'hidden', key: 'key' } } },
      ],
      envFrom: [{ prefix: 'P_', configMapRef: { name: 'settings' } }],
      volumeMounts: [
        { name: 'settings', mountPath: '/etc/settings' },
        { name: 'hidden', mountPath: '/etc/hidden', readOnly: true },
      ],
    } as Container;
    const volumes = [
      { name: 'settings', configMap: { name: 'settings' } },
      { name: 'hidden', secret: { secretName: 'hidden' } },
    ];
    await cluster.ok(
      'apply -f -',
      podManifest('configured', [container], { spec: { volumes, restartPolicy: 'Never' } }),
    );
    await cluster.pod('configured', (pod) => pod.status?.phase === 'Succeeded');
    assert.equal(await cluster.ok('logs configured'), 'blue s3cret 9\nblues3cretcolour\nsize\n');
  });

  test('a pod whose config map is missing waits, says so, and starts when it is there', LIMIT, async () => {
    const env = [{ name: 'A', valueFrom: { configMapKeyRef: { name: 'later', key: 'a' } } }];
    await cluster.ok(
      'apply -f -',
      podManifest('patient', [shContainer('echo $A', { env })], { spec: { restartPolicy: 'Never' } }),
    );
    const message = await cluster.until(
      pods,
      (all) =>
        all.find(({ metadata }) => metadata.name === 'patient')?.status?.containerStatuses?.[0]?.state.waiting?.message,
      'default',
    );
    assert.match(message, /configmap "later" not found/);
    await cluster.ok('create configmap later --from-literal=a=here');
    await cluster.pod('patient', (pod) => pod.status?.phase === 'Succeeded');
    assert.equal(await cluster.ok('logs patient'), 'here\n');
  });

  test('deleting a namespace ends everything in it', LIMIT, async () => {
    await cluster.ok('create namespace team');
    await cluster.ok('apply -n team -f -', WEB);
    await cluster.ok('rollout status -n team deploy/web --timeout=60s');
    await cluster.ok('delete namespace team --timeout=60s');
    assert.equal(await cluster.ok('get all -A -o name').then((all) => /team/.test(all)), false);
    assert.match(await cluster.fails('get namespace team'), /namespaces "team" not found/);
    const left = await cluster.until(events, (all) =>
      all.some(({ metadata }) => metadata.namespace === 'team') ? undefined : true,
    );
    assert.equal(left, true);
  });
});
