import { createReadStream, createWriteStream } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { PassThrough } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createInflateRaw } from 'node:zlib';

const END_OF_DIRECTORY = 0x06054b50;
const DIRECTORY_ENTRY = 0x02014b50;
const LOCAL_HEADER = 0x04034b50;
const END_OF_DIRECTORY_BYTES = 22;
const COMMENT_BYTES_MAX = 0xffff;
const STORED = 0;
const DEFLATED = 8;

interface Entry {
  readonly method: number;
  readonly compressedBytes: number;
  readonly headerOffset: number;
}

/**
 * Writes the entry `name` of the zip archive to the file `target`, streaming. Reads archives under 4 GB, stored or deflated
 * (PKWARE APPNOTE 4.3). Throws an Error that says what is wrong with the archive.
 */
export async function extractZipEntry(archive: string, name: string, target: string): Promise<void> {
  await using file = await open(archive);
  const entry = findEntry(await readDirectory(file, archive), name);
  if (!entry) throw new Error(`Cannot extract ${name} from ${archive}: not in the archive, need an entry of that name`);
  if (entry.method !== STORED && entry.method !== DEFLATED) {
    throw new Error(
      `Cannot extract ${name} from ${archive}: compression method ${entry.method}, need stored or deflated`,
    );
  }
  const header = await readAt(file, entry.headerOffset, 30);
  if (header.readUInt32LE(0) !== LOCAL_HEADER) {
    throw new Error(
      `Cannot extract ${name} from ${archive}: no local header at ${entry.headerOffset}, need a whole archive`,
    );
  }
  const start = entry.headerOffset + 30 + header.readUInt16LE(26) + header.readUInt16LE(28);
  const bytes = createReadStream(archive, { start, end: start + entry.compressedBytes - 1 });
  await pipeline(bytes, entry.method === DEFLATED ? createInflateRaw() : new PassThrough(), createWriteStream(target));
}

async function readDirectory(file: FileHandle, archive: string): Promise<Buffer> {
  const { size } = await file.stat();
  const tailBytes = Math.min(size, END_OF_DIRECTORY_BYTES + COMMENT_BYTES_MAX);
  const tail = await readAt(file, size - tailBytes, tailBytes);
  for (let at = tail.length - END_OF_DIRECTORY_BYTES; at >= 0; at--) {
    if (tail.readUInt32LE(at) === END_OF_DIRECTORY) {
      return readAt(file, tail.readUInt32LE(at + 16), tail.readUInt32LE(at + 12));
    }
  }
  throw new Error(`Cannot read ${archive}: it has no zip directory, need a whole zip archive`);
}

function findEntry(directory: Buffer, name: string): Entry | undefined {
  let at = 0;
  while (at + 46 <= directory.length && directory.readUInt32LE(at) === DIRECTORY_ENTRY) {
    const nameBytes = directory.readUInt16LE(at + 28);
    if (directory.toString('utf8', at + 46, at + 46 + nameBytes) === name) {
      return {
        method: directory.readUInt16LE(at + 10),
        compressedBytes: directory.readUInt32LE(at + 20),
        headerOffset: directory.readUInt32LE(at + 42),
      };
    }
    at += 46 + nameBytes + directory.readUInt16LE(at + 30) + directory.readUInt16LE(at + 32);
  }
  return undefined;
}

async function readAt(file: FileHandle, position: number, length: number): Promise<Buffer> {
  const { buffer, bytesRead } = await file.read(Buffer.alloc(length), 0, length, position);
  if (bytesRead !== length) throw new Error(`Cannot read ${length} bytes at ${position}: the archive ends early`);
  return buffer;
}
