import assert from 'node:assert/strict';
import { test } from 'node:test';
import { services } from '../api/resources.ts';
import { startTestServer } from '../apiserver/apiserver.fixture.ts';
import { deferred } from '../base/deferred.ts';
import { silentLog } from '../base/log.ts';
import { seededRandom } from '../base/random.ts';
import { systemClock } from '../base/system.ts';
import { Client } from '../client/client.ts';
import { inProcessTransport } from '../client/transport.ts';
import { watchCluster } from './clusterwatch.ts';
import { type History, inOrderOfWrites, type Sighting } from './history.ts';

const ENV = { clock: systemClock, random: seededRandom(1), log: silentLog };

test('what exists is reported before it resolves, then every change, with the order of the writes', async () => {
  await using server = await startTestServer();
  const client = new Client(inProcessTransport(server.handle, { name: 'verify', groups: ['system:masters'] }));
  const web = client.of(services);
  const spec = { ports: [{ port: 80 }] };
  await web.create({ apiVersion: 'v1', kind: 'Service', metadata: { name: 'web', namespace: 'default' }, spec });

  const stop = new AbortController();
  const sightings: Sighting[] = [];
  const gone = deferred();
  const saw = (type: Sighting['type'], object: { kind: string }) => {
    sightings.push({ at: 0, type, object: object as History['sightings'][number]['object'] });
    if (type === 'DELETED') gone.resolve();
  };
  await watchCluster(client, saw, { env: ENV, namespace: 'default', signal: stop.signal });
  try {
    const mine = () =>
      sightings
        .filter(({ object }) => object.metadata.name === 'web')
        .map(({ type, object }) => `${type} ${object.kind} ${JSON.stringify(object.metadata.labels ?? {})}`);
    assert.deepEqual(mine(), ['ADDED Service {}']);
    await web.patch('web', { metadata: { labels: { a: 'b' } } }, { namespace: 'default' });
    await web.delete('web', { namespace: 'default' });
    await gone.promise;
    assert.deepEqual(mine(), ['ADDED Service {}', 'MODIFIED Service {"a":"b"}', 'DELETED Service {"a":"b"}']);
    const shuffled = inOrderOfWrites([...sightings].reverse().filter(({ object }) => object.metadata.name === 'web'));
    assert.deepEqual(
      shuffled.map(({ type }) => type),
      ['ADDED', 'MODIFIED', 'DELETED'],
    );
  } finally {
    stop.abort();
  }
});
