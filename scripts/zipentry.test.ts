import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { crc32, deflateRawSync } from 'node:zlib';
import { tempDir } from '../test/support/tempdir.ts';
import { extractZipEntry } from './zipentry.ts';

const TEXT = Buffer.from('to go on without a break '.repeat(1000));

/** A zip archive of these entries, with a comment at its end. */
function zip(entries: readonly { name: string; method: number }[]): Buffer {
  const bodies: Buffer[] = [];
  const directory: Buffer[] = [];
  let offset = 0;
  for (const { name, method } of entries) {
    const bytes = method === 8 ? deflateRawSync(TEXT) : TEXT;
    const local = Buffer.alloc(30);
    local.writeUInt32LE(0x04034b50, 0);
    local.writeUInt16LE(name.length, 26);
    local.writeUInt16LE(3, 28);
    const central = Buffer.alloc(46);
    central.writeUInt32LE(0x02014b50, 0);
    central.writeUInt16LE(method, 10);
    central.writeUInt32LE(crc32(TEXT), 16);
    central.writeUInt32LE(bytes.length, 20);
    central.writeUInt32LE(TEXT.length, 24);
    central.writeUInt16LE(name.length, 28);
    central.writeUInt32LE(offset, 42);
    directory.push(central, Buffer.from(name));
    const body = Buffer.concat([local, Buffer.from(name), Buffer.from('xyz'), bytes]);
    bodies.push(body);
    offset += body.length;
  }
  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x06054b50, 0);
  end.writeUInt32LE(Buffer.concat(directory).length, 12);
  end.writeUInt32LE(offset, 16);
  return Buffer.concat([...bodies, ...directory, end, Buffer.from('a comment')]);
}

test('a deflated and a stored entry come out as they went in', async () => {
  await using folder = await tempDir();
  const archive = join(folder.path, 'a.zip');
  await writeFile(
    archive,
    zip([
      { name: 'first', method: 8 },
      { name: 'dir/second', method: 0 },
    ]),
  );
  for (const name of ['first', 'dir/second']) {
    await extractZipEntry(archive, name, join(folder.path, 'out'));
    assert.deepEqual(await readFile(join(folder.path, 'out')), TEXT);
  }
});

test('a missing entry, another compression and a broken archive are refused with their reason', async () => {
  await using folder = await tempDir();
  const [archive, out] = [join(folder.path, 'a.zip'), join(folder.path, 'out')];
  await writeFile(archive, zip([{ name: 'odd', method: 12 }]));
  await assert.rejects(extractZipEntry(archive, 'even', out), /not in the archive/);
  await assert.rejects(extractZipEntry(archive, 'odd', out), /compression method 12/);
  await writeFile(archive, 'no zip at all, but longer than the end of a directory');
  await assert.rejects(extractZipEntry(archive, 'odd', out), /no zip directory/);
});
