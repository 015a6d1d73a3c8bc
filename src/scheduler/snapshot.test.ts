import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Pod } from '../api/types/core.ts';
import { below, seededRandom } from '../base/random.ts';
import { nodeOf, podOf, snapshotOf } from './cluster.fixture.ts';
import { podInfoOf } from './podinfo.ts';
import { Snapshot } from './snapshot.ts';

function told(snapshot: Snapshot): unknown {
  return snapshot.nodes
    .map(({ name, requested, scoredRequested, pods, replicas }) => ({
      name,
      requested: [...requested].sort(),
      scoredRequested: [...scoredRequested].sort(),
      pods: [...pods.keys()].sort(),
      replicas: [...replicas].sort(),
    }))
    .sort((a, b) => (a.name < b.name ? -1 : 1));
}

test('after any changes the snapshot is what one made afresh would be', () => {
  for (let seed = 1; seed <= 30; seed++) {
    const random = seededRandom(seed);
    const snapshot = new Snapshot();
    const nodes = new Set<string>();
    const places = new Map<string, { pod: Pod; node: string }>();
    for (let step = 0; step < 200; step++) {
      const node = `node-${below(random, 4)}`;
      const name = `pod-${below(random, 12)}`;
      const chance = random.next();
      if (chance < 0.15) {
        snapshot.setNode(nodeOf(node));
        nodes.add(node);
      } else if (chance < 0.25) {
        snapshot.removeNode(node);
        nodes.delete(node);
      } else if (chance < 0.7) {
        const pod = podOf(name, { owner: `set-${below(random, 2)}`, requests: { cpu: `${below(random, 500)}m` } });
        snapshot.setPod(pod, node);
        places.set(name, { pod, node });
      } else {
        assert.equal(snapshot.removePod(`default/${name}`), places.delete(name));
      }
    }
    const placed: Record<string, Pod[]> = {};
    for (const { pod, node } of places.values()) placed[node] = [...(placed[node] ?? []), pod];
    const fresh = snapshotOf(
      [...nodes].map((name) => nodeOf(name)),
      placed,
    );
    assert.deepEqual(told(snapshot), told(fresh), `seed ${seed}`);
    assert.equal([...snapshot.podsIn('default')].length, places.size);
  }
});

test('a pod that is known before its node counts once the node comes', () => {
  const snapshot = new Snapshot();
  const pod = podOf('pod', { requests: { cpu: '1' } });
  snapshot.setPod(pod, 'late');
  assert.equal(snapshot.nodeOf(podInfoOf(pod)), undefined);
  snapshot.setNode(nodeOf('late'));
  assert.equal(snapshot.nodes[0]?.requested.get('cpu'), 1000);
  assert.equal(snapshot.nodeOf(podInfoOf(pod))?.name, 'late');
});
