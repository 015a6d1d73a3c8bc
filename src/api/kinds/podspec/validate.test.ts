import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Container, PodSpec, Probe } from '../../types/core.ts';
import { podOf, problems } from '../fixtures.ts';
import { podKind } from '../pod.ts';

type Loose<T> = { [K in keyof T]?: unknown };

function spec(more: Loose<PodSpec>): string[] {
  return problems(podKind, podOf(more as Partial<PodSpec>));
}

function container(more: Loose<Container>): string[] {
  return problems(podKind, podOf({}, more as Partial<Container>)).map((line) =>
    line.replace('spec.containers[0].', ''),
  );
}

test('a plain pod has nothing wrong', () => {
  assert.deepEqual(spec({}), []);
});

test('containers need a name of their own and an image', () => {
  assert.deepEqual(container({ name: '', image: '' }), ['name: Required value', 'image: Required value']);
  const twice = [
    { name: 'a', image: 'x:1' },
    { name: 'a', image: 'x:1' },
  ];
  assert.deepEqual(spec({ containers: twice }), ['spec.containers[1].name: Duplicate value: "a"']);
  assert.deepEqual(spec({ containers: [twice[0]], initContainers: [twice[0]] }), [
    'spec.initContainers[0].name: Duplicate value: "a"',
  ]);
  assert.match(container({ name: 'A' })[0] ?? '', /^name: Invalid value: "A": a lowercase RFC 1123 label/);
  assert.deepEqual(spec({ containers: [] }), ['spec.containers: Required value']);
  assert.deepEqual(container({ image: ' a' }), [
    'image: Invalid value: " a": must not have leading or trailing whitespace',
  ]);
});

test('policies are one of their kind', () => {
  assert.deepEqual(spec({ restartPolicy: 'Sometimes', dnsPolicy: 'Odd' }), [
    'spec.restartPolicy: Unsupported value: "Sometimes": supported values: "Always", "OnFailure", "Never"',
    'spec.dnsPolicy: Unsupported value: "Odd": supported values: "ClusterFirst", "ClusterFirstWithHostNet", "Default", "None"',
  ]);
  assert.deepEqual(container({ imagePullPolicy: 'Maybe', terminationMessagePolicy: 'Log' }), [
    'imagePullPolicy: Unsupported value: "Maybe": supported values: "Always", "IfNotPresent", "Never"',
    'terminationMessagePolicy: Unsupported value: "Log": supported values: "File", "FallbackToLogsOnError"',
  ]);
  assert.deepEqual(spec({ dnsPolicy: 'None' }), [
    'spec.dnsConfig.nameservers: Required value: must provide at least one DNS nameserver when `dnsPolicy` is None',
  ]);
});

test('ports are in range, named once, and held once on the node', () => {
  const ports = [
    { containerPort: 70000 },
    { name: 'http', containerPort: 80 },
    { name: 'http', containerPort: 81, protocol: 'QUIC' },
    { name: 'much-too-long-a-name' },
  ];
  assert.deepEqual(container({ ports }), [
    'ports[0].containerPort: Invalid value: 70000: must be between 1 and 65535, inclusive',
    'ports[2].name: Duplicate value: "http"',
    'ports[2].protocol: Unsupported value: "QUIC": supported values: "SCTP", "TCP", "UDP"',
    'ports[3].name: Invalid value: "much-too-long-a-name": must be no more than 15 bytes',
    'ports[3].containerPort: Required value',
  ]);
  const held = [
    { containerPort: 1, hostPort: 80 },
    { containerPort: 2, hostPort: 80 },
  ];
  assert.deepEqual(container({ ports: held }), ['ports[1].hostPort: Duplicate value: "TCP//80"']);
});

test('a probe or hook has exactly one way to act', () => {
  assert.deepEqual(container({ readinessProbe: {} }), ['readinessProbe: Required value: must specify a handler type']);
  assert.deepEqual(container({ readinessProbe: { exec: { command: ['a'] }, tcpSocket: { port: 1 } } }), [
    'readinessProbe.tcpSocket: Forbidden: may not specify more than 1 handler type',
  ]);
  assert.deepEqual(container({ lifecycle: { preStop: {} } }), [
    'lifecycle.preStop: Required value: must specify a handler type',
  ]);
  assert.deepEqual(
    container({ lifecycle: { preStop: { exec: {} }, postStart: { httpGet: { port: 0, scheme: 'FTP' } } } }),
    [
      'lifecycle.postStart.httpGet.port: Invalid value: 0: must be between 1 and 65535, inclusive',
      'lifecycle.postStart.httpGet.scheme: Unsupported value: "FTP": supported values: "HTTP", "HTTPS"',
      'lifecycle.preStop.exec.command: Required value',
    ],
  );
});

test('a probe waits no negative time, and only readiness takes several successes', () => {
  const probe: Probe = { tcpSocket: { port: 80 }, initialDelaySeconds: -1, successThreshold: 2 };
  assert.deepEqual(container({ livenessProbe: probe }), [
    'livenessProbe.initialDelaySeconds: Invalid value: -1: must be greater than or equal to 0',
    'livenessProbe.successThreshold: Invalid value: 2: must be 1',
  ]);
  assert.deepEqual(container({ readinessProbe: { tcpSocket: { port: 80 }, terminationGracePeriodSeconds: 5 } }), [
    'readinessProbe.terminationGracePeriodSeconds: Invalid value: 5: must not be set for readinessProbes',
  ]);
});

test('a preStop sleep fits into the grace period', () => {
  const sleep = (seconds: number) => container({ lifecycle: { preStop: { sleep: { seconds } } } });
  assert.deepEqual(sleep(30), []);
  assert.deepEqual(sleep(31), [
    'lifecycle.preStop.sleep: Invalid value: 31: must be non-negative and less than terminationGracePeriodSeconds (30)',
  ]);
});

test('resources are known, readable and not above their limit', () => {
  assert.deepEqual(container({ resources: { requests: { cpu: '2' }, limits: { cpu: '1' } } }), [
    'resources.requests: Invalid value: "2": must be less than or equal to cpu limit of 1',
  ]);
  assert.deepEqual(
    container({ resources: { limits: { memory: '-1' } } })[0],
    'resources.limits[memory]: Invalid value: "-1": must be greater than or equal to 0',
  );
  assert.deepEqual(
    container({ resources: { limits: { disk: '1' } } })[0],
    'resources.limits[disk]: Invalid value: "disk": must be a standard resource for containers',
  );
  assert.deepEqual(container({ resources: { requests: { 'example.com/gpu': '1' } } }), [
    'resources.limits: Required value: Limit must be set for non overcommitable resources',
  ]);
  assert.match(
    container({ resources: { limits: { cpu: 'x' } } })[0] ?? '',
    /quantities must match the regular expression/,
  );
});

test('variables have a name and one source', () => {
  const env = [
    { value: 'a' },
    { name: 'A=B' },
    { name: 'C', valueFrom: {} },
    { name: 'D', value: 'x', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } },
    { name: 'E', valueFrom: { fieldRef: { fieldPath: 'spec.containers' } } },
    { name: 'F', valueFrom: { configMapKeyRef: { name: '', key: '' } } },
  ];
  assert.deepEqual(container({ env }), [
    'env[0].name: Required value',
    'env[1].name: Invalid value: "A=B": a valid environment variable name must consist only of printable ASCII characters other than \'=\'',
    'env[2].valueFrom: Invalid value: "": must specify one of: `fieldRef`, `resourceFieldRef`, `configMapKeyRef` or `secretKeyRef`',
    'env[3].valueFrom: Invalid value: "": may not be specified when `value` is not empty',
    'env[4].valueFrom.fieldRef.fieldPath: Unsupported value: "spec.containers": supported values: "metadata.name", "metadata.namespace", "metadata.uid", "spec.nodeName", "spec.serviceAccountName", "status.hostIP", "status.hostIPs", "status.podIP", "status.podIPs"',
    'env[5].valueFrom.configMapKeyRef.name: Required value',
    'env[5].valueFrom.configMapKeyRef.key: Required value',
  ]);
  assert.deepEqual(container({ env: [{ name: 'A' }, { name: 'A' }] }), []);
  assert.deepEqual(container({ envFrom: [{}] }), [
    'envFrom[0]: Invalid value: "": must specify one of: `configMapRef` or `secretRef`',
  ]);
});

test('mounts name a volume of the pod and a path of their own', () => {
  const volumeMounts = [
    { name: 'data', mountPath: '/data' },
    { name: 'gone', mountPath: '/gone' },
    { name: 'data', mountPath: '/data', subPath: '../up' },
    { name: 'data' },
  ];
  const pod = podOf({ volumes: [{ name: 'data', emptyDir: {} }] }, { volumeMounts } as Partial<Container>);
  assert.deepEqual(problems(podKind, pod), [
    'spec.containers[0].volumeMounts[1].name: Not found: "gone"',
    'spec.containers[0].volumeMounts[2].mountPath: Invalid value: "/data": must be unique',
    'spec.containers[0].volumeMounts[2].subPath: Invalid value: "../up": must not contain \'..\'',
    'spec.containers[0].volumeMounts[3].mountPath: Required value',
  ]);
});

test('volumes have a name of their own and one source', () => {
  const volumes = [
    { name: 'a', emptyDir: {} },
    { name: 'a', hostPath: { path: '' } },
    { name: 'b', emptyDir: {}, hostPath: { path: '/b' } },
    { name: 'c', configMap: { name: '', defaultMode: 9999 } },
    { name: 'd', secret: { secretName: 's', items: [{ key: 'k', path: '/abs' }] } },
    { name: 'e', emptyDir: { sizeLimit: '-1' } },
    { emptyDir: {} },
  ];
  assert.deepEqual(spec({ volumes }), [
    'spec.volumes[1].hostPath.path: Required value',
    'spec.volumes[1].name: Duplicate value: "a"',
    'spec.volumes[2].hostPath: Forbidden: may not specify more than 1 volume type',
    'spec.volumes[3].configMap.name: Required value',
    'spec.volumes[3].configMap.defaultMode: Invalid value: 9999: must be a number between 0 and 0777 (octal), both inclusive',
    'spec.volumes[4].secret.items[0].path: Invalid value: "/abs": must be a relative path',
    'spec.volumes[5].emptyDir.sizeLimit: Forbidden: SizeLimit field must be a valid resource quantity',
    'spec.volumes[6].name: Required value',
  ]);
});

test('times of a pod are not negative', () => {
  assert.deepEqual(spec({ terminationGracePeriodSeconds: -1, activeDeadlineSeconds: 0 }), [
    'spec.terminationGracePeriodSeconds: Invalid value: -1: must be greater than or equal to 0',
    'spec.activeDeadlineSeconds: Invalid value: 0: must be between 1 and 2147483647, inclusive',
  ]);
});

test('tolerations say something that can be', () => {
  const tolerations = [
    {},
    { key: 'a', operator: 'Exists', value: 'b' },
    { key: 'a', operator: 'Like' },
    { key: 'a', tolerationSeconds: 1 },
  ];
  assert.deepEqual(
    spec({ tolerations }).map((line) => line.replace(/Invalid value: .*: /, '')),
    [
      'spec.tolerations[0].operator: operator must be Exists when `key` is empty, which means "match all values and all keys"',
      "spec.tolerations[1].operator: value must be empty when `operator` is 'Exists'",
      'spec.tolerations[2].operator: Unsupported value: "Like": supported values: "Equal", "Exists"',
      "spec.tolerations[3].effect: effect must be 'NoExecute' when `tolerationSeconds` is set",
    ],
  );
});

test('spreading, gates, aliases and names of a pod are checked', () => {
  const spread = { maxSkew: 0, topologyKey: '', whenUnsatisfiable: 'Later' };
  assert.deepEqual(spec({ topologySpreadConstraints: [spread] }), [
    'spec.topologySpreadConstraints[0].maxSkew: Invalid value: 0: must be greater than zero',
    'spec.topologySpreadConstraints[0].topologyKey: Required value: can not be empty',
    'spec.topologySpreadConstraints[0].whenUnsatisfiable: Unsupported value: "Later": supported values: "DoNotSchedule", "ScheduleAnyway"',
  ]);
  assert.match(
    spec({ readinessGates: [{ conditionType: 'a b' }] })[0] ?? '',
    /^spec\.readinessGates\[0\]\.conditionType: Invalid value: "a b": name part/,
  );
  assert.deepEqual(spec({ hostAliases: [{ ip: 'x' }] }), [
    'spec.hostAliases[0].ip: Invalid value: "x": must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)',
  ]);
  assert.match(spec({ hostname: 'a.b' })[0] ?? '', /^spec\.hostname: Invalid value: "a\.b": must not contain dots/);
  assert.match(spec({ nodeSelector: { 'a b': '1' } })[0] ?? '', /^spec\.nodeSelector: Invalid value: "a b"/);
});

test('init containers take probes and hooks only when they keep running', () => {
  const init = { name: 'init', image: 'busybox:1', readinessProbe: { exec: { command: ['true'] } } };
  assert.deepEqual(spec({ initContainers: [init] }), [
    'spec.initContainers[0].readinessProbe: Forbidden: may not be set for init containers without restartPolicy=Always',
  ]);
  assert.deepEqual(spec({ initContainers: [{ ...init, restartPolicy: 'Always' }] }), []);
});

test('the release annotations name a level and a number of seconds', () => {
  const pod = podOf();
  pod.metadata.annotations = { 'segue.dev/release': 'Someday', 'segue.dev/release-timeout-seconds': '5s' };
  assert.deepEqual(problems(podKind, pod), [
    'metadata.annotations[segue.dev/release]: Unsupported value: "Someday": supported values: "Observed", "Drained", "None"',
    'metadata.annotations[segue.dev/release-timeout-seconds]: Invalid value: "5s": must be a whole number of seconds, zero or more',
  ]);
  pod.metadata.annotations = { 'segue.dev/release': 'Drained', 'segue.dev/release-timeout-seconds': '0' };
  assert.deepEqual(problems(podKind, pod), []);
});
