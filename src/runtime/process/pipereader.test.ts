import assert from 'node:assert/strict';
import { closeSync, writeSync } from 'node:fs';
import { it } from 'node:test';
import { openPipe } from '../../linux/processnamespaces.ts';
import { PipeReader } from './pipereader.ts';

it('reads until the writers are gone and says so once', async () => {
  const [read, write] = openPipe();
  let said = '';
  const { promise, resolve } = Promise.withResolvers<void>();
  new PipeReader(
    read,
    (chunk) => {
      said += chunk;
    },
    resolve,
  );
  writeSync(write, 'one ');
  writeSync(write, 'two');
  closeSync(write);
  await promise;
  assert.equal(said, 'one two');
});

it('drains at once what is there, each byte once, also when it was paused and others hold the pipe', async () => {
  const [read, write] = openPipe();
  const chunks: string[] = [];
  const first = Promise.withResolvers<void>();
  const reader = new PipeReader(read, (chunk) => {
    chunks.push(chunk.toString());
    if (chunks.length === 1) reader.pause();
    first.resolve();
  });
  writeSync(write, 'first ');
  await first.promise;
  writeSync(write, 'second ');
  await new Promise((resolve) => setImmediate(resolve));
  writeSync(write, 'third');
  reader.drain();
  assert.equal(chunks.join(''), 'first second third');
  closeSync(write);
});
