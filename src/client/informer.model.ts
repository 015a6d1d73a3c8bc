import assert from 'node:assert/strict';
import { configMaps } from '../api/resources.ts';
import { isStatus } from '../api/status.ts';
import type { ConfigMap } from '../api/types/core.ts';
import { below, type Random, seededRandom } from '../base/random.ts';
import { FaultyTransport, randomDelays, startTestCluster, type TestCluster } from './client.fixture.ts';
import { Client } from './client.ts';
import { Informer } from './informer.ts';

const NAMES = ['a', 'b', 'c', 'd'];

/** What handlers were told, held against what they should have been told. */
class Audience {
  readonly view = new Map<string, string>();
  readonly #seed: number;
  #revision = 0;

  constructor(informer: Informer<ConfigMap>, seed: number) {
    this.#seed = seed;
    informer
      .onChange(({ key, object, previous }) => {
        const known = this.view.get(key);
        if (known !== undefined || object) {
          assert.equal(
            previous?.metadata.resourceVersion,
            known,
            `seed ${seed}: ${key} with another past than was told`,
          );
        }
        if (object) this.view.set(key, object.metadata.resourceVersion);
        else this.view.delete(key);
      })
      .onProgress((revision) => {
        assert.ok(revision >= this.#revision, `seed ${seed}: the revision went back`);
        this.#revision = revision;
      });
  }

  /** Everything up to the revision was told, except for keys whose newer own write is already read. */
  check(informer: Informer<ConfigMap>, history: readonly Written[]): void {
    for (const key of NAMES.map((name) => `default/${name}`)) {
      const upTo = history.filter((written) => written.key === key && written.revision <= informer.revision).at(-1);
      const should = upTo?.removed ? undefined : upTo?.revision;
      const isOwn = (written: Written) => written.key === key && written.isAbsorbed;
      if (history.some((written) => isOwn(written) && written.revision > informer.revision)) continue;
      assert.equal(this.view.get(key), should?.toString(), `seed ${this.#seed}: ${key} at ${informer.revision}`);
    }
  }
}

interface Written {
  readonly key: string;
  readonly revision: number;
  readonly removed: boolean;
  isAbsorbed: boolean;
}

async function write(cluster: TestCluster, random: Random, history: Written[]): Promise<ConfigMap> {
  const maps = cluster.client.of(configMaps);
  const name = NAMES[below(random, NAMES.length)] as string;
  const metadata = { name, namespace: 'default' };
  const data = { x: String(random.next()) };
  let object: ConfigMap;
  let removed = false;
  try {
    if (below(random, 3) === 0) {
      object = await maps.delete(name, { namespace: 'default' });
      removed = true;
    } else object = await maps.patch(name, { data }, { namespace: 'default' });
  } catch (error) {
    if (!isStatus(error, 'NotFound')) throw error;
    object = await maps.create({ apiVersion: 'v1', kind: 'ConfigMap', metadata, data });
  }
  history.push({
    key: `default/${name}`,
    revision: Number(object.metadata.resourceVersion),
    removed,
    isAbsorbed: false,
  });
  return object;
}

/** Plays an informer over a network of delays, losses, broken watches and compactions, and holds it to what was written. */
export async function informerModel(seed: number): Promise<void> {
  await using cluster = await startTestCluster();
  const random = seededRandom(seed);
  const network = new FaultyTransport(cluster.transport, cluster.clock);
  network.delayMs = randomDelays(random, 20);
  const informer = new Informer<ConfigMap>(new Client(network.transport), configMaps, {
    env: cluster.env,
    namespace: 'default',
  });
  const audience = new Audience(informer, seed);
  informer.start();
  const history: Written[] = [];
  for (let step = 0; step < 40; step++) {
    const dice = below(random, 10);
    if (dice === 0) network.breakWatches();
    else if (dice === 1) network.isDown = !network.isDown;
    else if (dice === 2) await cluster.server.durable.compact(cluster.server.durable.revision);
    else if (dice === 3) await cluster.clock.advance(below(random, 60));
    else {
      const object = await write(cluster, random, history);
      if (below(random, 2) === 0) {
        const written = history.at(-1) as Written;
        const { removed, key, revision } = written;
        written.isAbsorbed = true;
        if (removed) informer.absorbRemoval(key, revision);
        else informer.absorb(object);
        assert.equal(
          informer.get(key)?.metadata.resourceVersion,
          removed ? undefined : String(revision),
          `seed ${seed}`,
        );
      }
    }
    await cluster.clock.advance(below(random, 15));
    audience.check(informer, history);
  }
  network.isDown = false;
  await cluster.clock.advance(15_000);
  assert.equal(informer.revision, cluster.server.durable.revision, `seed ${seed}: it caught up`);
  const there = (await cluster.client.of(configMaps).list({ namespace: 'default' })).items;
  const expected = new Map(there.map(({ metadata }) => [`default/${metadata.name}`, metadata.resourceVersion]));
  assert.deepEqual(new Map([...audience.view].sort()), expected, `seed ${seed}: what was told`);
  const cached = informer.list().map(({ metadata }) => [`default/${metadata.name}`, metadata.resourceVersion] as const);
  assert.deepEqual(new Map(cached.sort()), expected, `seed ${seed}: what is read`);
  network.delayMs = undefined;
  await informer.stop();
}
