import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Pod } from '../types/core.ts';
import { cells, created, NOW, podOf, problems, secondsAgo } from './fixtures.ts';
import { podKind } from './pod.ts';

test('a pod gets what Kubernetes fills in', () => {
  const pod = podOf(
    { volumes: [{ name: 'scratch' }, { name: 'settings', configMap: { name: 'web' } }], serviceAccountName: 'robot' },
    {
      image: 'nginx',
      ports: [{ containerPort: 80 }],
      resources: { limits: { cpu: '0.5', memory: '1024Mi' } },
      env: [{ name: 'IP', valueFrom: { fieldRef: { fieldPath: 'status.podIP' } } }],
      readinessProbe: { httpGet: { port: 80 } },
      livenessProbe: { tcpSocket: { port: 80 }, periodSeconds: 5 },
      lifecycle: { preStop: { httpGet: { port: 'http' } } },
    },
  );
  assert.deepEqual(created(podKind, pod).spec, {
    restartPolicy: 'Always',
    dnsPolicy: 'ClusterFirst',
    schedulerName: 'default-scheduler',
    securityContext: {},
    terminationGracePeriodSeconds: 30,
    enableServiceLinks: true,
    serviceAccountName: 'robot',
    serviceAccount: 'robot',
    volumes: [
      { name: 'scratch', emptyDir: {} },
      { name: 'settings', configMap: { name: 'web', defaultMode: 420 } },
    ],
    containers: [
      {
        name: 'app',
        image: 'nginx',
        imagePullPolicy: 'Always',
        terminationMessagePath: '/dev/termination-log',
        terminationMessagePolicy: 'File',
        ports: [{ containerPort: 80, protocol: 'TCP' }],
        resources: { limits: { cpu: '500m', memory: '1Gi' }, requests: { cpu: '500m', memory: '1Gi' } },
        env: [{ name: 'IP', valueFrom: { fieldRef: { apiVersion: 'v1', fieldPath: 'status.podIP' } } }],
        readinessProbe: {
          httpGet: { path: '/', port: 80, scheme: 'HTTP' },
          timeoutSeconds: 1,
          periodSeconds: 10,
          successThreshold: 1,
          failureThreshold: 3,
        },
        livenessProbe: {
          tcpSocket: { port: 80 },
          timeoutSeconds: 1,
          periodSeconds: 5,
          successThreshold: 1,
          failureThreshold: 3,
        },
        lifecycle: { preStop: { httpGet: { path: '/', port: 'http', scheme: 'HTTP' } } },
      },
    ],
  });
  assert.deepEqual(pod.status, { phase: 'Pending', qosClass: 'Guaranteed' });
  const again = structuredClone(pod);
  podKind.defaults?.(again);
  assert.deepEqual(again, pod);
});

test('the pull policy goes by the tag', () => {
  const policies = {
    nginx: 'Always',
    'nginx:latest': 'Always',
    'nginx:1.29': 'IfNotPresent',
    'host:5000/nginx': 'Always',
    'host:5000/nginx:1': 'IfNotPresent',
    'nginx@sha256:abc': 'IfNotPresent',
  };
  for (const [image, policy] of Object.entries(policies)) {
    assert.equal(created(podKind, podOf({}, { image })).spec.containers[0]?.imagePullPolicy, policy, image);
  }
});

test('the quality of service goes by requests and limits', () => {
  const classOf = (resources: object) => created(podKind, podOf({}, { resources })).status?.qosClass;
  assert.equal(classOf({}), 'BestEffort');
  assert.equal(classOf({ requests: { cpu: '0' } }), 'BestEffort');
  assert.equal(classOf({ requests: { cpu: '1' } }), 'Burstable');
  assert.equal(classOf({ limits: { cpu: '1' } }), 'Burstable');
  assert.equal(classOf({ limits: { cpu: '1', memory: '1Gi' } }), 'Guaranteed');
  assert.equal(classOf({ limits: { cpu: '1', memory: '1Gi' }, requests: { cpu: '500m' } }), 'Burstable');
});

test('a pod without a spec is refused for its containers, and one with an unreadable quantity for that', () => {
  assert.deepEqual(problems(podKind, { ...podOf(), spec: undefined } as unknown as Pod), [
    'spec.containers: Required value',
  ]);
  const odd = created(podKind, podOf({}, { resources: { limits: { cpu: 'lots' } } }));
  assert.match(
    problems(podKind, odd)[0] ?? '',
    /^spec\.containers\[0\]\.resources\.limits\[cpu\]: Invalid value: "lots"/,
  );
});

test('a running pod shows what kubectl shows', () => {
  const pod = podOf({ nodeName: 'node-1', readinessGates: [{ conditionType: 'lb' }, { conditionType: 'mesh' }] });
  pod.status = {
    phase: 'Running',
    podIP: '10.0.0.7',
    podIPs: [{ ip: '10.0.0.7' }],
    conditions: [{ type: 'lb', status: 'True' }],
    containerStatuses: [
      {
        name: 'app',
        image: '',
        imageID: '',
        ready: true,
        restartCount: 2,
        state: { running: { startedAt: secondsAgo(9) } },
        lastState: { terminated: { exitCode: 1, finishedAt: secondsAgo(10) } },
      },
    ],
  };
  assert.deepEqual(cells(podKind, pod), {
    Name: 'web',
    Ready: '1/1',
    Status: 'Running',
    Restarts: '2 (10s ago)',
    Age: '5m12s',
    IP: '10.0.0.7',
    Node: 'node-1',
    'Nominated Node': '<none>',
    'Readiness Gates': '1/2',
  });
});

test('fields that pods are selected by are there before and after they are bound', () => {
  const pod = created(podKind, podOf());
  assert.equal(podKind.selectableFields?.(pod)['spec.nodeName'], '');
  assert.equal(podKind.selectableFields?.(pod)['status.phase'], 'Pending');
  pod.spec.nodeName = 'node-1';
  assert.deepEqual(podKind.selectableFields?.(pod), {
    'spec.nodeName': 'node-1',
    'spec.restartPolicy': 'Always',
    'spec.schedulerName': 'default-scheduler',
    'spec.serviceAccountName': '',
    'spec.hostNetwork': 'false',
    'status.phase': 'Pending',
    'status.podIP': '',
    'status.nominatedNodeName': '',
  });
});

test('grace on delete is what was asked for, else what the pod says, and none when nothing runs', () => {
  const grace = (pod: Pod, requested?: number) => podKind.gracePeriodSeconds?.(pod, requested);
  const bound = created(podKind, podOf({ nodeName: 'node-1', terminationGracePeriodSeconds: 45 }));
  assert.equal(grace(bound), 45);
  assert.equal(grace(bound, 5), 5);
  assert.equal(grace(bound, 0), 0);
  assert.equal(grace(bound, -1), 1);
  assert.equal(grace(created(podKind, podOf()), 60), 0);
  assert.equal(grace({ ...bound, status: { phase: 'Succeeded' } }), 0);
  assert.equal(grace({ ...bound, status: { phase: 'Failed' } }, 60), 0);
});

test('a row has a cell for every column', () => {
  assert.equal(podKind.row(podOf(), NOW).length, podKind.columns.length);
});
