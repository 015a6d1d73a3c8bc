/** The thread that owns the database: answers each `Request` with one `Reply`. */
import { parentPort } from 'node:worker_threads';
import { assert } from '../../base/assert.ts';
import { Database } from './database.ts';
import type { Failure, Reply, Request } from './messages.ts';
import { SchemaError } from './schema.ts';

const SQLITE_BUSY = 5;
const SQLITE_CORRUPT = 11;
const SQLITE_NOTADB = 26;

assert(parentPort, 'runs in a worker thread');
const port = parentPort;
let database: Database | undefined;

port.on('message', (request: Request) => {
  port.postMessage(answer(request));
  if (request.type === 'close') port.close();
});

function answer(request: Request): Reply {
  try {
    return act(request);
  } catch (error) {
    return { type: 'failed', failure: failureOf(error) };
  }
}

function act(request: Request): Reply {
  if (request.type === 'open') {
    database = new Database(request.folder);
    return { type: 'opened', compactedRevision: database.compactedRevision };
  }
  if (request.type === 'close') {
    database?.close();
    return { type: 'done' };
  }
  assert(database, 'the database is opened first');
  if (request.type === 'read') return { type: 'rows', rows: database.read(request.rowsMax) };
  database.write(request.batch);
  return { type: 'done' };
}

function failureOf(error: unknown): Failure {
  const reason = error instanceof Error ? error.message : String(error);
  if (error instanceof SchemaError) return { kind: 'format', reason };
  // The low byte is sqlite's primary result code.
  const code = error instanceof Error && 'errcode' in error ? Number(error.errcode) & 0xff : 0;
  if (code === SQLITE_BUSY) return { kind: 'in use', reason };
  if (code === SQLITE_CORRUPT || code === SQLITE_NOTADB) return { kind: 'corrupt', reason };
  return { kind: 'other', reason };
}
