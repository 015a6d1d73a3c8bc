import assert from 'node:assert/strict';
import { test } from 'node:test';
import { BadAnswerError, type ResponseOptions, ResponseReader } from './response.ts';

/** Reads `text` cut into pieces of `size` bytes. */
function read(text: string, options: ResponseOptions & { size?: number } = {}): ResponseReader {
  const reader = new ResponseReader(options);
  const bytes = Buffer.from(text, 'latin1');
  const size = options.size ?? bytes.length;
  for (let at = 0; at < bytes.length; at += size) reader.push(bytes.subarray(at, at + size));
  return reader;
}

const WHOLE: Record<string, string> = {
  'by Content-Length': 'HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello',
  'by chunks': 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nhel\r\n2;x=y\r\nlo\r\n0\r\n\r\n',
  'by chunks with trailers':
    'HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\nA\r\n0123456789\r\n0\r\nx: y\r\n\r\n',
  'by an empty Content-Length': 'HTTP/1.1 503 No\r\nContent-Length: 0\r\n\r\n',
  'by its status': 'HTTP/1.1 204 No Content\r\nContent-Length: 5\r\n\r\n',
  'after interim answers':
    'HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early\r\nlink: x\r\n\r\nHTTP/1.1 201 C\r\nContent-Length: 1\r\n\r\n1',
};

for (const [how, text] of Object.entries(WHOLE)) {
  test(`an answer that ends ${how} is whole with its last byte and not before, in pieces of any size`, () => {
    for (const size of [1, 2, 7, text.length]) assert.equal(read(text, { size }).whole, true, `pieces of ${size}`);
    const short = read(text.slice(0, -1));
    assert.equal(short.whole, false);
    assert.equal(short.end(), false, 'a close before the end is a truncation');
  });
}

test('an answer without length ends with the connection', () => {
  const reader = read('HTTP/1.0 200 OK\r\n\r\nhello');
  assert.equal(reader.whole, false);
  assert.equal(reader.end(), true);
  assert.equal(reader.keepAlive, false);
});

test('an answer to HEAD has no body', () => {
  assert.equal(read('HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n', { bodiless: true }).whole, true);
});

test('status and connection persistence are read from the head', () => {
  const open = read('HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n');
  assert.deepEqual([open.status, open.keepAlive], [404, true]);
  const closing = read('HTTP/1.1 200 OK\r\nConnection: foo, Close\r\nContent-Length: 0\r\n\r\n');
  assert.deepEqual([closing.status, closing.keepAlive], [200, false]);
});

test('who answered is read from the header, and else from a JSON body', () => {
  assert.equal(read('HTTP/1.1 200 OK\r\nX-Pod: web-1\r\nContent-Length: 0\r\n\r\n').endpoint, 'web-1');
  const body = '{"version":"1","pod":"web-2"}';
  assert.equal(read(`HTTP/1.1 200 OK\r\nContent-Length: ${body.length}\r\n\r\n${body}`, { size: 3 }).endpoint, 'web-2');
  assert.equal(read('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi').endpoint, undefined);
  const named = read('HTTP/1.1 200 OK\r\nHost-Name: a\r\nContent-Length: 0\r\n\r\n', { endpointHeader: 'host-name' });
  assert.equal(named.endpoint, 'a');
});

const BAD: Record<string, string> = {
  'another protocol': 'SSH-2.0-OpenSSH\r\n',
  'a status line without status': 'HTTP/1.1 OK\r\n\r\n',
  'a header without colon': 'HTTP/1.1 200 OK\r\nnonsense\r\n\r\n',
  'two lengths': 'HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n',
  'a length that is no number': 'HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n',
  'a chunk size that is no number': 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n',
  'a chunk longer than it says': 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nabc\r\n',
  'bytes after its end': 'HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nab',
  'a head without end': `HTTP/1.1 200 OK\r\nx: ${'a'.repeat(70_000)}`,
};

for (const [what, text] of Object.entries(BAD)) {
  test(`${what} is a bad answer`, () => {
    assert.throws(() => read(text), BadAnswerError);
  });
}
