import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { it } from 'node:test';
import { FakeClock } from '../../base/fakeclock.ts';
import { silentLog } from '../../base/log.ts';
import { LogWriter } from './logwriter.ts';

const AT = '2026-01-01T00:00:00.000000000Z';

/** What is in the file after `work` gave its chunks to a writer and it was closed. */
async function written(work: (writer: LogWriter) => void): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'segue-log-'));
  try {
    const path = join(folder, 'deep', '0.log');
    const writer = new LogWriter(path, { clock: new FakeClock(), log: silentLog });
    work(writer);
    await writer.close();
    assert.equal(writer.backlog, 0);
    return readFileSync(path, 'utf8');
  } finally {
    rmSync(folder, { recursive: true });
  }
}

it('puts lines together that come in pieces, each stream for itself', async () => {
  const text = await written((writer) => {
    writer.take('stdout', Buffer.from('he'));
    writer.take('stderr', Buffer.from('no\nway\n'));
    writer.take('stdout', Buffer.from('llo\n\nwor'));
    writer.take('stdout', Buffer.from('ld\n'));
  });
  assert.equal(
    text,
    `${AT} stderr F no\n${AT} stderr F way\n${AT} stdout F hello\n${AT} stdout F \n${AT} stdout F world\n`,
  );
});

it('gives a line of exactly 16 KiB whole and a longer one in parts', async () => {
  const whole = 'x'.repeat(16_384);
  const text = await written((writer) => {
    writer.take('stdout', Buffer.from(`${whole}\n`));
    writer.take('stdout', Buffer.from(whole));
    writer.take('stdout', Buffer.from('y\n'));
  });
  assert.equal(text, `${AT} stdout F ${whole}\n${AT} stdout P ${whole}\n${AT} stdout F y\n`);
});

it('writes nothing for a stream that said nothing, and a part for a line without an end', async () => {
  assert.equal(await written(() => {}), '');
  assert.equal(await written((writer) => writer.take('stderr', Buffer.from('cut'))), `${AT} stderr P cut\n`);
});
