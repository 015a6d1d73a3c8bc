import assert from 'node:assert/strict';
import { test } from 'node:test';
import { HistoryFixture } from '../history.fixture.ts';
import { releasedBeforeStop } from './releasedbeforestop.ts';

function deleted(): HistoryFixture {
  return new HistoryFixture().pod(0, 'web-a', { ready: true }).pod(1000, 'web-a', { ready: true, deleting: true });
}

test('it holds when the pod was released, then stopped', () => {
  const history = deleted()
    .release(1010, 'web-a', { deleted: 1000, released: 1010 })
    .release(1030, 'web-a', { deleted: 1000, released: 1010, quiet: 1020, stopped: 1021, outcome: 'Released' })
    .podGone(1100, 'web-a')
    .history();
  assert.deepEqual(releasedBeforeStop.violations(history), []);
});

test('a pod that was stopped before it was released breaks it', () => {
  const history = deleted()
    .release(1030, 'web-a', { deleted: 1000, released: 1010, stopped: 1003, outcome: 'Released' })
    .history();
  assert.deepEqual(releasedBeforeStop.violations(history), [
    { at: 1003, what: 'pod default/web-a was stopped 7 ms before it was released' },
  ]);
});

test('a pod that was stopped while someone had not let go breaks it, by name', () => {
  const history = deleted()
    .release(1030, 'web-a', { deleted: 1000, stopped: 1003, waitingFor: ['node-2.proxy'], outcome: 'Released' })
    .history();
  assert.match(releasedBeforeStop.violations(history)[0]?.what ?? '', /while node-2\.proxy had not let go/);
});

test('a stop at the cap needs a Warning event about the release', () => {
  const capped = () =>
    deleted().release(16_000, 'web-a', { deleted: 1000, stopped: 16_000, waitingFor: ['dns'], outcome: 'TimedOut' });
  assert.equal(releasedBeforeStop.violations(capped().history()).length, 1);
  assert.equal(releasedBeforeStop.violations(capped().warning(16_000, 'web-a', 'Unhealthy').history()).length, 1);
  assert.equal(releasedBeforeStop.violations(capped().warning(16_000, 'web-a', 'ReleaseTimedOut').history()).length, 0);
});

test('a pod that is gone without a release breaks it', () => {
  assert.equal(releasedBeforeStop.violations(deleted().podGone(1100, 'web-a').history()).length, 1);
});

test('a pod that is gone with a release that came to no end breaks it', () => {
  const history = deleted().release(1010, 'web-a', { deleted: 1000, released: 1005 }).podGone(1100, 'web-a').history();
  assert.equal(releasedBeforeStop.violations(history).length, 1);
});

test('a pod whose containers had ended by themselves is released and never told to stop', () => {
  const history = deleted()
    .release(1010, 'web-a', { deleted: 1000, released: 1005, outcome: 'Released' })
    .podGone(1100, 'web-a')
    .history();
  assert.deepEqual(releasedBeforeStop.violations(history), []);
});

test('a pod that is still on its way does not break it yet', () => {
  assert.deepEqual(releasedBeforeStop.violations(deleted().release(1010, 'web-a', { deleted: 1000 }).history()), []);
});

test('level None waits for nobody; skipping the wait at another level breaks it', () => {
  const skipped = { deleted: 1000, stopped: 1000, outcome: 'NotRequired' } as const;
  const none = deleted().release(1001, 'web-a', { ...skipped, level: 'None' });
  assert.deepEqual(releasedBeforeStop.violations(none.podGone(1100, 'web-a').history()), []);
  const observed = deleted().release(1001, 'web-a', { ...skipped, level: 'Observed' });
  assert.equal(releasedBeforeStop.violations(observed.podGone(1100, 'web-a').history()).length, 1);
});
