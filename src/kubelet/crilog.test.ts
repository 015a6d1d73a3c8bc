import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type LogQuery, parseCriLine, renderCriLine } from './crilog.ts';

const ALL: LogQuery = { timestamps: false, sinceMs: undefined, stream: undefined };

function shown(line: string, query: Partial<LogQuery> = {}): string | undefined {
  const entry = parseCriLine(line);
  return entry && renderCriLine(entry, { ...ALL, ...query });
}

test('a whole line is shown with its end, a partial one without', () => {
  assert.equal(shown('2026-01-01T00:00:00.5Z stdout F hello  world'), 'hello  world\n');
  assert.equal(shown('2026-01-01T00:00:00.5Z stdout P hel'), 'hel');
  assert.equal(shown('2026-01-01T00:00:00.5Z stdout F '), '\n');
});

test('a line that is not of the format is left out', () => {
  assert.equal(shown('2026-01-01T00:00:00.5Z std'), undefined);
  assert.equal(shown(''), undefined);
});

test('streams, times and time stamps are as asked', () => {
  const line = '2026-01-01T00:00:10Z stderr F x';
  assert.equal(shown(line, { stream: 'stdout' }), undefined);
  assert.equal(shown(line, { stream: 'stderr', timestamps: true }), '2026-01-01T00:00:10Z x\n');
  assert.equal(shown(line, { sinceMs: Date.UTC(2026, 0, 1, 0, 0, 11) }), undefined);
  assert.equal(shown(line, { sinceMs: Date.UTC(2026, 0, 1, 0, 0, 10) }), 'x\n');
});
