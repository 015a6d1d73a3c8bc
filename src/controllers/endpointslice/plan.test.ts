import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Pod, Service, ServiceSpec } from '../../api/types/core.ts';
import type { EndpointSlice } from '../../api/types/discovery.ts';
import { planSlices, type SliceContent } from './plan.ts';

const meta = { namespace: 'default', resourceVersion: '1', creationTimestamp: '' };

function service(spec: Partial<ServiceSpec> = {}): Service {
  const full = { clusterIP: '10.96.0.1', ports: [{ name: 'http', port: 80, targetPort: 'web' }], ...spec };
  return { apiVersion: 'v1', kind: 'Service', metadata: { ...meta, name: 'web', uid: 's' }, spec: full };
}

function pod(
  index: number,
  more: { port?: number; isReady?: boolean; isTerminating?: boolean; phase?: 'Failed' } = {},
): Pod {
  const { port = 8080, isReady = true, isTerminating, phase } = more;
  const name = `p${String(index).padStart(3, '0')}`;
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { ...meta, name, uid: name, ...(isTerminating ? { deletionTimestamp: 'now' } : {}) },
    spec: { containers: [{ name: 'main', ports: [{ name: 'web', containerPort: port }] }] },
    status: {
      phase: phase ?? 'Running',
      podIP: `10.0.${Math.floor(index / 250)}.${index % 250}`,
      conditions: [{ type: 'Ready', status: isReady ? 'True' : 'False' }],
    },
  };
}

const pods = (count: number, from = 0) => Array.from({ length: count }, (_, index) => pod(from + index));

let made = 0;

function sliceOf({ labels, ports, endpoints }: SliceContent): EndpointSlice {
  const name = `web-${made++}`;
  const kind = { apiVersion: 'discovery.k8s.io/v1', kind: 'EndpointSlice' };
  return { ...kind, metadata: { ...meta, name, uid: name, labels }, addressType: 'IPv4', endpoints, ports };
}

/** The slices after the plan was carried out. */
function carryOut(of: Service, all: Pod[], slices: EndpointSlice[] = []): EndpointSlice[] {
  const plan = planSlices(of, all, slices);
  const changed = new Map(plan.update.map(({ slice, content }) => [slice, { ...slice, ...content }]));
  const left = slices.filter((slice) => !plan.remove.includes(slice)).map((slice) => changed.get(slice) ?? slice);
  return [...left, ...plan.create.map(sliceOf)];
}

const names = (slice: EndpointSlice) => slice.endpoints.map(({ targetRef }) => targetRef?.name);

test('a slice holds a hundred endpoints', () => {
  const slices = carryOut(service(), pods(250));
  assert.deepEqual(
    slices.map(({ endpoints }) => endpoints.length),
    [100, 100, 50],
  );
});

test('what is carried out needs nothing more', () => {
  const slices = carryOut(service(), pods(250));
  assert.deepEqual(planSlices(service(), pods(250), slices), { create: [], update: [], remove: [] });
});

test("one pod's change rewrites one slice, and the others stay where they are", () => {
  const slices = carryOut(service(), pods(250));
  const changed = pods(250).map((one, index) => (index === 120 ? pod(120, { isReady: false }) : one));
  const plan = planSlices(service(), changed, slices);
  assert.deepEqual([plan.create.length, plan.update.length, plan.remove.length], [0, 1, 0]);
  assert.equal(plan.update[0]?.slice, slices[1]);
  assert.deepEqual(
    plan.update[0]?.content.endpoints.map(({ targetRef }) => targetRef?.name),
    names(slices[1] as EndpointSlice),
  );
});

test('room that is left is filled before a slice is opened, and an emptied slice goes', () => {
  const slices = carryOut(service(), pods(150));
  const grown = carryOut(service(), pods(190), slices);
  assert.deepEqual(
    grown.map(({ endpoints }) => endpoints.length),
    [100, 90],
  );
  const shrunk = carryOut(service(), pods(100), grown);
  assert.deepEqual(
    shrunk.map(({ endpoints }) => endpoints.length),
    [100],
  );
});

test('pods that give a named port different numbers stand in slices of their own', () => {
  const slices = carryOut(service(), [pod(1), pod(2, { port: 9090 }), pod(3)]);
  assert.deepEqual(
    slices.map((slice) => [slice.ports?.[0]?.port, names(slice)]),
    [
      [8080, ['p001', 'p003']],
      [9090, ['p002']],
    ],
  );
});

test('a terminating pod serves on but is not ready; an ended one is left out', () => {
  const all = [
    pod(1, { isTerminating: true }),
    pod(2, { isTerminating: true, isReady: false }),
    pod(3, { phase: 'Failed' }),
  ];
  const [slice] = carryOut(service(), all);
  assert.deepEqual(
    slice?.endpoints.map(({ conditions }) => conditions),
    [
      { ready: false, serving: true, terminating: true },
      { ready: false, serving: false, terminating: true },
    ],
  );
});

test('a Service that publishes not-ready addresses calls all of them ready', () => {
  const all = [pod(1, { isReady: false }), pod(2, { isTerminating: true })];
  const [slice] = carryOut(service({ publishNotReadyAddresses: true }), all);
  assert.deepEqual(
    slice?.endpoints.map(({ conditions }) => conditions?.ready),
    [true, true],
  );
});

test('a Service without pods keeps one empty slice', () => {
  const slices = carryOut(service(), pods(3));
  const empty = carryOut(service(), [], slices);
  assert.deepEqual(
    empty.map(({ endpoints }) => endpoints.length),
    [0],
  );
  assert.deepEqual(planSlices(service(), [], empty), { create: [], update: [], remove: [] });
  assert.deepEqual(carryOut(service(), pods(1), empty).map(names), [['p000']]);
});

test('labels of the Service are on its slices, and a changed one is written', () => {
  const slices = carryOut(service(), pods(1));
  const labelled = service();
  labelled.metadata.labels = { team: 'a' };
  assert.equal(planSlices(labelled, pods(1), slices).update[0]?.content.labels['team'], 'a');
  const headless = carryOut(service({ clusterIP: 'None' }), pods(1));
  assert.equal(headless[0]?.metadata.labels?.['service.kubernetes.io/headless'], '');
});
