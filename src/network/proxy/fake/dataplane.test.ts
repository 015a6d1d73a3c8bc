import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FakeClock } from '../../../base/fakeclock.ts';
import { seededRandom } from '../../../base/random.ts';
import { dataPlaneSuite, type Target } from '../dataplane.suite.ts';
import { type FakeConnection, FakeDataPlane } from './dataplane.ts';

const ENDPOINTS = ['10.244.1.2', '10.244.2.2', '10.244.3.2'].map((ip) => ({ ip, port: 8080 }));

function fakeDataPlane(): FakeDataPlane {
  return new FakeDataPlane({ clock: new FakeClock(), random: seededRandom(7) });
}

function answered(connection: FakeConnection | 'refused'): string {
  return connection === 'refused' ? connection : connection.endpoint.ip;
}

dataPlaneSuite('fake', async () => {
  const dataPlane = fakeDataPlane();
  const connect = (target: Target) => dataPlane.connect({ ...target, clientIP: '10.244.1.9' });
  return {
    dataPlane,
    endpoints: ENDPOINTS,
    ask: async (target) => answered(connect(target)),
    async open(target) {
      let connection = connect(target);
      return {
        async ask() {
          if (connection !== 'refused') connection = dataPlane.send(connection);
          return answered(connection);
        },
      };
    },
    async [Symbol.asyncDispose]() {},
  };
});

test('a connection that was never answered stays with its endpoint until it is flushed', async () => {
  const dataPlane = fakeDataPlane();
  const rules = (index: number) => ({
    portName: 'main',
    protocol: 'TCP' as const,
    port: 80,
    addresses: ['10.96.0.10'],
    nodePort: undefined,
    endpoints: [ENDPOINTS[index]!],
    externalEndpoints: [ENDPOINTS[index]!],
    affinitySeconds: undefined,
  });
  dataPlane.replace(new Map([['ns/web', [rules(0)]]]));
  const packet = { address: '10.96.0.10', port: 80, protocol: 'TCP', clientIP: '10.244.1.9' } as const;
  const silent = dataPlane.connect(packet) as FakeConnection;
  const served = dataPlane.connect(packet) as FakeConnection;
  served.replied = true;
  dataPlane.replace(new Map([['ns/web', [rules(1)]]]));
  assert.equal(dataPlane.send(silent), silent);
  await dataPlane.flushUnreplied('10.244.1.2');
  assert.equal(answered(dataPlane.send(silent)), '10.244.2.2');
  assert.equal(dataPlane.send(served), served);
});
