import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Service, ServiceSpec } from '../types/core.ts';
import { cells, created, metadata, problems, stepProblems } from './fixtures.ts';
import { serviceKind } from './service.ts';

function service(spec: Partial<ServiceSpec> = {}): Service {
  const base: ServiceSpec = { selector: { app: 'web' }, ports: [{ port: 80 }] };
  return { apiVersion: 'v1', kind: 'Service', metadata: metadata(), spec: { ...base, ...spec } };
}

/** `next` as an update of `old` leaves it. */
function updated(next: Service, old: Service): ServiceSpec {
  const before = created(serviceKind, old);
  serviceKind.defaults?.(next);
  serviceKind.prepareForUpdate?.(next, before);
  assert.deepEqual(serviceKind.validate?.(next), []);
  return next.spec;
}

test('a service gets what Kubernetes fills in', () => {
  const object = created(serviceKind, service());
  assert.deepEqual(object.spec, {
    type: 'ClusterIP',
    selector: { app: 'web' },
    ports: [{ port: 80, protocol: 'TCP', targetPort: 80 }],
    sessionAffinity: 'None',
    internalTrafficPolicy: 'Cluster',
    ipFamilies: ['IPv4'],
    ipFamilyPolicy: 'SingleStack',
  });
  assert.deepEqual(object.status, { loadBalancer: {} });
});

test('services that are reached from outside get a traffic policy, load balancers their node ports', () => {
  assert.equal(created(serviceKind, service({ type: 'NodePort' })).spec.externalTrafficPolicy, 'Cluster');
  const balanced = created(serviceKind, service({ type: 'LoadBalancer' })).spec;
  assert.equal(balanced.externalTrafficPolicy, 'Cluster');
  assert.equal(balanced.allocateLoadBalancerNodePorts, true);
  const named = created(serviceKind, service({ type: 'ExternalName', externalName: 'a.b', ports: [] })).spec;
  assert.deepEqual(named, {
    type: 'ExternalName',
    externalName: 'a.b',
    ports: [],
    selector: { app: 'web' },
    sessionAffinity: 'None',
  });
});

test('affinity to clients lasts three hours unless told otherwise', () => {
  const { sessionAffinityConfig } = created(serviceKind, service({ sessionAffinity: 'ClientIP' })).spec;
  assert.deepEqual(sessionAffinityConfig, { clientIP: { timeoutSeconds: 10800 } });
});

test('names of services are labels that begin with a letter', () => {
  const object = service();
  object.metadata.name = '1web';
  assert.match(problems(serviceKind, object).join(), /^metadata\.name: Invalid value: "1web": a DNS-1035 label/);
});

test('ports are there, in range, and told apart', () => {
  assert.deepEqual(problems(serviceKind, service({ ports: [] })), ['spec.ports: Required value']);
  assert.deepEqual(problems(serviceKind, service({ ports: [], clusterIP: 'None' })), []);
  assert.deepEqual(problems(serviceKind, service({ ports: [{ port: 80 }, { port: 81, name: 'b' }] })), [
    'spec.ports[0].name: Required value',
  ]);
  const twice = [
    { name: 'a', port: 80 },
    { name: 'a', port: 80, targetPort: 'Web' },
    { name: 'c', port: 0, targetPort: 70000, protocol: 'X' as 'TCP' },
  ];
  assert.deepEqual(problems(serviceKind, service({ ports: twice })), [
    'spec.ports[1].name: Duplicate value: "a"',
    'spec.ports[1].targetPort: Invalid value: "Web": must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)',
    'spec.ports[2].port: Invalid value: 0: must be between 1 and 65535, inclusive',
    'spec.ports[2].protocol: Unsupported value: "X": supported values: "SCTP", "TCP", "UDP"',
    'spec.ports[2].targetPort: Invalid value: 70000: must be between 1 and 65535, inclusive',
    'spec.ports[1]: Duplicate value: {"protocol":"TCP","port":80}',
  ]);
});

test('addresses of a family that the cluster does not have are refused', () => {
  assert.deepEqual(problems(serviceKind, service({ ipFamilies: ['IPv6'] })), [
    'spec.ipFamilies[0]: Invalid value: "IPv6": not configured on this cluster',
  ]);
  assert.deepEqual(problems(serviceKind, service({ ipFamilyPolicy: 'RequireDualStack' })), [
    'spec.ipFamilyPolicy: Invalid value: "RequireDualStack": this cluster is not configured for dual-stack services',
  ]);
  assert.deepEqual(problems(serviceKind, service({ ipFamilyPolicy: 'PreferDualStack' })), []);
});

test('node ports belong to types that have them, each once', () => {
  assert.deepEqual(problems(serviceKind, service({ ports: [{ port: 80, nodePort: 30080 }] })), [
    "spec.ports[0].nodePort: Forbidden: may not be used when `type` is 'ClusterIP'",
  ]);
  const ports = [
    { name: 'a', port: 80, nodePort: 30080 },
    { name: 'b', port: 81, nodePort: 30080 },
  ];
  assert.deepEqual(problems(serviceKind, service({ type: 'NodePort', ports })), [
    'spec.ports[1].nodePort: Duplicate value: 30080',
  ]);
});

test('types, policies and affinity are one of their kind and fit together', () => {
  assert.deepEqual(
    problems(serviceKind, service({ type: 'Cluster' as 'ClusterIP', sessionAffinity: 'IP' as 'None' })),
    [
      'spec.type: Unsupported value: "Cluster": supported values: "ClusterIP", "ExternalName", "LoadBalancer", "NodePort"',
      'spec.sessionAffinity: Unsupported value: "IP": supported values: "ClientIP", "None"',
    ],
  );
  assert.deepEqual(problems(serviceKind, service({ type: 'LoadBalancer', clusterIP: 'None' })), [
    'spec.clusterIPs[0]: Invalid value: "None": may not be set to \'None\' for LoadBalancer services',
  ]);
  assert.deepEqual(
    problems(serviceKind, service({ externalTrafficPolicy: 'Local', internalTrafficPolicy: 'Far' as 'Local' })),
    [
      'spec.internalTrafficPolicy: Unsupported value: "Far": supported values: "Cluster", "Local"',
      'spec.externalTrafficPolicy: Invalid value: "Local": may only be set for externally-accessible services',
    ],
  );
  const forever = {
    sessionAffinity: 'ClientIP' as const,
    sessionAffinityConfig: { clientIP: { timeoutSeconds: 86401 } },
  };
  assert.deepEqual(problems(serviceKind, service(forever)), [
    'spec.sessionAffinityConfig.clientIP.timeoutSeconds: Invalid value: 86401: must be greater than 0 and less than 86400',
  ]);
});

test('an external name is a host, and has no cluster address', () => {
  assert.deepEqual(problems(serviceKind, service({ type: 'ExternalName' })), ['spec.externalName: Required value']);
  assert.deepEqual(problems(serviceKind, service({ type: 'ExternalName', externalName: 'db.example.com.' })), []);
});

test('addresses are addresses', () => {
  assert.deepEqual(problems(serviceKind, service({ clusterIP: 'here', externalIPs: ['there'] })), [
    'spec.clusterIPs[0]: Invalid value: "here": must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)',
    'spec.externalIPs[0]: Invalid value: "there": must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)',
  ]);
});

test('an update that leaves out what the server assigned keeps it', () => {
  const old = service({ type: 'NodePort', clusterIP: '10.96.0.9', ports: [{ port: 80, nodePort: 30080 }] });
  const spec = updated(service({ type: 'NodePort' }), old);
  assert.equal(spec.clusterIP, '10.96.0.9');
  assert.deepEqual(spec.clusterIPs, ['10.96.0.9']);
  assert.equal(spec.ports?.[0]?.nodePort, 30080);
});

test('what belongs to the old type goes with it', () => {
  const old = service({ type: 'LoadBalancer', clusterIP: '10.96.0.9', ports: [{ port: 80, nodePort: 30080 }] });
  const stored = created(serviceKind, structuredClone(old));
  const inside = updated({ ...stored, spec: { ...structuredClone(stored.spec), type: 'ClusterIP' } }, old);
  assert.deepEqual(inside.ports, [{ port: 80, protocol: 'TCP', targetPort: 80 }]);
  assert.equal(inside.externalTrafficPolicy, undefined);
  assert.equal(inside.allocateLoadBalancerNodePorts, undefined);
  const plain = service({ clusterIP: '10.96.0.9' });
  const named = structuredClone(created(serviceKind, structuredClone(plain)));
  named.spec = { ...named.spec, type: 'ExternalName', externalName: 'db.example.com' };
  const outside = updated(named, plain);
  assert.equal(outside.clusterIP, undefined);
  assert.equal(outside.clusterIPs, undefined);
});

test('the cluster address stays as it was assigned', () => {
  const step = stepProblems(serviceKind, service({ clusterIP: '10.96.0.10' }), service({ clusterIP: '10.96.0.9' }));
  assert.deepEqual(step, ['spec.clusterIPs[0]: Invalid value: ["10.96.0.10"]: may not change once set']);
});

test('rows show what kubectl shows for each type', () => {
  const rowOf = (spec: Partial<ServiceSpec>, status?: Service['status']) => {
    const object = created(serviceKind, service(spec));
    if (status) object.status = status;
    return cells(serviceKind, object);
  };
  const ports = [
    { name: 'a', port: 80 },
    { name: 'b', port: 53, protocol: 'UDP' as const },
  ];
  assert.deepEqual(rowOf({ clusterIP: '10.96.0.9', ports }), {
    Name: 'web',
    Type: 'ClusterIP',
    'Cluster-IP': '10.96.0.9',
    'External-IP': '<none>',
    'Port(s)': '80/TCP,53/UDP',
    Age: '5m12s',
    Selector: 'app=web',
  });
  const node = rowOf({ type: 'NodePort', ports: [{ port: 80, nodePort: 30080 }] });
  assert.equal(node['Port(s)'], '80:30080/TCP');
  assert.equal(rowOf({ type: 'LoadBalancer' })['External-IP'], '<pending>');
  assert.equal(
    rowOf({ type: 'LoadBalancer' }, { loadBalancer: { ingress: [{ ip: '127.0.0.2' }] } })['External-IP'],
    '127.0.0.2',
  );
  const named = rowOf({ type: 'ExternalName', externalName: 'db.example.com', ports: [] });
  assert.equal(named['External-IP'], 'db.example.com');
  assert.equal(named['Cluster-IP'], '<none>');
  assert.equal(named['Port(s)'], '<none>');
});
