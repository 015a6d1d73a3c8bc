import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { KubeObject } from '../../src/api/types/meta.ts';
import type { SeenEvent, SeenStream } from '../streams.ts';
import type { TrueChange } from '../truth.ts';
import { watchLaws } from './watchlaws.ts';

const PREFIX = '/registry/core/pods/default/';

function object(name: string, revision: number, text = ''): KubeObject {
  const metadata = { name, namespace: 'default', uid: name, resourceVersion: String(revision), creationTimestamp: '' };
  return { apiVersion: 'v1', kind: 'Pod', metadata, spec: { text } } as KubeObject;
}

/** Revisions 1 to 4: a is made, b is made, a is changed, b is deleted. */
function changes(): TrueChange[] {
  const put = (name: string, revision: number, previous?: KubeObject): TrueChange => {
    return { revision, type: 'put', key: PREFIX + name, object: object(name, revision, `v${revision}`), previous };
  };
  const [a, b] = [put('a', 1), put('b', 2)];
  const gone: TrueChange = {
    revision: 4,
    type: 'delete',
    key: b.key,
    object: object('b', 4, 'v2'),
    previous: b.object,
  };
  return [a, b, put('a', 3, a.object), gone];
}

function seen(type: SeenEvent['type'], name: string, revision: number, text = `v${revision}`): SeenEvent {
  return { type, revision, key: `default/${name}`, object: object(name, revision, text) };
}

function all(): SeenEvent[] {
  return [seen('ADDED', 'a', 1), seen('ADDED', 'b', 2), seen('MODIFIED', 'a', 3), seen('DELETED', 'b', 4, 'v2')];
}

function broken(events: SeenEvent[], facts: Partial<SeenStream> = {}): string[] {
  const stream = { reader: 'x', path: '/api/v1/pods', fieldSelector: '', fromRevision: 0, ...facts, events };
  return [...new Set(watchLaws([stream], changes()).map(({ guarantee }) => guarantee))];
}

test('a stream that brings every change once, in order, breaks nothing', () => {
  assert.deepEqual(broken(all()), []);
  assert.deepEqual(broken(all().slice(2), { fromRevision: 2 }), []);
  assert.deepEqual(broken([...all(), seen('BOOKMARK', '', 9)]), []);
});

test('Ordered is broken by an event that comes too late', () => {
  const [a, b, c, d] = all() as [SeenEvent, SeenEvent, SeenEvent, SeenEvent];
  assert.ok(broken([a, c, b, d]).includes('Ordered'));
});

test('Unique is broken by an event that comes twice', () => {
  const [a, b] = all() as [SeenEvent, SeenEvent];
  assert.ok(broken([a, b, b]).includes('Unique'));
});

test('Atomic is broken by an event that is not the whole change', () => {
  assert.deepEqual(broken([seen('ADDED', 'a', 1, 'half')]), ['Atomic']);
  assert.deepEqual(broken([seen('MODIFIED', 'a', 1)]), ['Atomic']);
});

test('Resumable is broken by a stream that does not begin where it was asked to', () => {
  assert.deepEqual(broken(all().slice(1)), ['Resumable']);
});

test('Reliable is broken by a change that is left out', () => {
  const [a, , c] = all() as [SeenEvent, SeenEvent, SeenEvent];
  assert.deepEqual(broken([a, c]), ['Reliable']);
});

test('Bookmarkable is broken by a bookmark that comes before a change it covers', () => {
  assert.deepEqual(broken([...all().slice(0, 2), seen('BOOKMARK', '', 3)]), ['Bookmarkable']);
});

test('Compacted is broken by a stream that goes on after it was refused', () => {
  const error = { ...seen('ERROR', '', 0), key: '' };
  assert.ok(broken([error, ...all()]).includes('Compacted'));
});

test('a stream with a selector is held to the changes that it selects', () => {
  const chosen = { fieldSelector: 'metadata.name=a' };
  assert.deepEqual(broken([seen('ADDED', 'a', 1), seen('MODIFIED', 'a', 3)], chosen), []);
  assert.deepEqual(broken([seen('ADDED', 'a', 1), seen('ADDED', 'b', 2)], chosen), ['Reliable']);
});
