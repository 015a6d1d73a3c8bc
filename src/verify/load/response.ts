const CR = 13;
const LF = 10;
const HEAD_BYTES_MAX = 65_536;
const SAMPLE_BYTES = 1024;
const HEAD_END = Buffer.from('\r\n\r\n');

/** The peer sent something that is not an HTTP/1.1 response. */
export class BadAnswerError extends Error {
  override readonly name = 'BadAnswerError';
}

type State = 'head' | 'length' | 'chunkSize' | 'chunkData' | 'chunkEnd' | 'trailers' | 'untilClose' | 'whole';

export interface ResponseOptions {
  /** True for HEAD: an answer never has a body. */
  readonly bodiless?: boolean;
  /** Lower-case name of the header that says who answered. */
  readonly endpointHeader?: string;
}

/**
 * Reads one HTTP/1.1 response from chunks as they come and knows when it is whole (RFC 9112 sections 6 and 7):
 * by Content-Length, by chunks, by status, or by the end of the connection. Interim (1xx) responses are skipped.
 * Keeps none of the body but its first kilobyte.
 */
export class ResponseReader {
  readonly #options: ResponseOptions;
  #state: State = 'head';
  #pending: Buffer = Buffer.alloc(0);
  #remaining = 0;
  #status = 0;
  #keepAlive = false;
  #begun = false;
  #endpoint: string | undefined;
  #sample = '';

  constructor(options: ResponseOptions = {}) {
    this.#options = options;
  }

  /** True once a byte of the answer has come. */
  get begun(): boolean {
    return this.#begun;
  }

  get whole(): boolean {
    return this.#state === 'whole';
  }

  /** 0 until the head was read. */
  get status(): number {
    return this.#status;
  }

  /** Whether the connection may carry another request after this answer. Only meaningful once `whole`. */
  get keepAlive(): boolean {
    return this.#keepAlive;
  }

  /** Who answered: the endpoint header, or else `"pod"` at the start of a JSON body. */
  get endpoint(): string | undefined {
    return this.#endpoint ?? /"pod"\s*:\s*"([^"]{1,253})"/.exec(this.#sample)?.[1];
  }

  /** Takes the next bytes. Does not keep `chunk`. Throws `BadAnswerError`. */
  push(chunk: Buffer): void {
    if (chunk.length === 0) return;
    this.#begun = true;
    let rest: Buffer = this.#pending.length > 0 ? Buffer.concat([this.#pending, chunk]) : chunk;
    this.#pending = EMPTY;
    while (rest.length > 0) {
      const used = this.#step(rest);
      if (used === 0) {
        this.#hold(rest);
        return;
      }
      rest = rest.subarray(used);
    }
  }

  /** The peer has closed in good order. True when that makes, or leaves, the answer whole. */
  end(): boolean {
    if (this.#state === 'untilClose') this.#state = 'whole';
    return this.#state === 'whole';
  }

  /** Bytes used from the front of `bytes`; 0 when more are needed. */
  #step(bytes: Buffer): number {
    switch (this.#state) {
      case 'head':
        return this.#readHead(bytes);
      case 'length':
        return this.#skip(bytes, 'whole');
      case 'chunkSize':
        return this.#readChunkSize(bytes);
      case 'chunkData':
        return this.#skip(bytes, 'chunkEnd');
      case 'chunkEnd':
        return this.#readChunkEnd(bytes);
      case 'trailers':
        return this.#readTrailer(bytes);
      case 'untilClose':
        this.#remember(bytes);
        return bytes.length;
      case 'whole':
        throw new BadAnswerError(`Cannot read the answer: ${bytes.length} bytes after its end, need none`);
    }
  }

  #hold(bytes: Buffer): void {
    if (bytes.length > HEAD_BYTES_MAX) {
      throw new BadAnswerError(`Cannot read the answer: ${bytes.length} bytes without an end of line or head`);
    }
    this.#pending = Buffer.from(bytes);
  }

  #readHead(bytes: Buffer): number {
    const end = bytes.indexOf(HEAD_END);
    if (end < 0) {
      if (bytes.length >= 5 && bytes.toString('latin1', 0, 5) !== 'HTTP/') {
        throw new BadAnswerError('Cannot read the answer: it does not begin with HTTP/');
      }
      return 0;
    }
    this.#acceptHead(bytes.toString('latin1', 0, end));
    return end + HEAD_END.length;
  }

  #acceptHead(head: string): void {
    const lines = head.split('\r\n');
    const match = /^HTTP\/1\.([01]) ([1-9]\d\d)(?: |$)/.exec(lines[0] ?? '');
    if (!match) throw new BadAnswerError(`Cannot read the answer: status line ${JSON.stringify(lines[0])}`);
    const status = Number(match[2]);
    if (status < 200 && status !== 101) return;
    const fields = fieldsOf(lines);
    this.#status = status;
    this.#endpoint = fields.get(this.#options.endpointHeader ?? 'x-pod');
    this.#keepAlive = staysOpen(match[1] === '1', fields.get('connection'));
    this.#frame(fields);
  }

  /** RFC 9112 section 6.3: what ends the body. */
  #frame(fields: ReadonlyMap<string, string>): void {
    const encoding = fields.get('transfer-encoding')?.toLowerCase();
    const length = fields.get('content-length');
    if (this.#options.bodiless || this.#status === 204 || this.#status === 304 || this.#status === 101) {
      this.#state = 'whole';
    } else if (encoding !== undefined) {
      this.#become(/(^|,)\s*chunked\s*$/.test(encoding) ? 'chunkSize' : 'untilClose');
    } else if (length === undefined) {
      this.#become('untilClose');
    } else {
      this.#remaining = lengthOf(length);
      this.#state = this.#remaining === 0 ? 'whole' : 'length';
    }
  }

  #become(state: 'chunkSize' | 'untilClose'): void {
    if (state === 'untilClose') this.#keepAlive = false;
    this.#state = state;
  }

  #skip(bytes: Buffer, next: State): number {
    const used = Math.min(bytes.length, this.#remaining);
    this.#remember(used === bytes.length ? bytes : bytes.subarray(0, used));
    this.#remaining -= used;
    if (this.#remaining === 0) this.#state = next;
    return used;
  }

  #readChunkSize(bytes: Buffer): number {
    const line = lineOf(bytes);
    if (line === undefined) return 0;
    const size = /^([0-9a-fA-F]{1,13})\s*(;.*)?$/.exec(line)?.[1];
    if (!size) throw new BadAnswerError(`Cannot read the answer: chunk size ${JSON.stringify(line.slice(0, 40))}`);
    this.#remaining = Number.parseInt(size, 16);
    this.#state = this.#remaining === 0 ? 'trailers' : 'chunkData';
    return line.length + 2;
  }

  #readChunkEnd(bytes: Buffer): number {
    if (bytes.length < 2) return 0;
    if (bytes[0] !== CR || bytes[1] !== LF) throw new BadAnswerError('Cannot read the answer: no CRLF after a chunk');
    this.#state = 'chunkSize';
    return 2;
  }

  #readTrailer(bytes: Buffer): number {
    const line = lineOf(bytes);
    if (line === undefined) return 0;
    if (line === '') this.#state = 'whole';
    return line.length + 2;
  }

  #remember(bytes: Buffer): void {
    if (this.#endpoint !== undefined || this.#sample.length >= SAMPLE_BYTES) return;
    this.#sample += bytes.toString('latin1', 0, Math.min(bytes.length, SAMPLE_BYTES - this.#sample.length));
  }
}

const EMPTY = Buffer.alloc(0);

function fieldsOf(lines: readonly string[]): Map<string, string> {
  const fields = new Map<string, string>();
  for (let i = 1; i < lines.length; i++) {
    const line = lines[i] ?? '';
    const colon = line.indexOf(':');
    if (colon <= 0)
      throw new BadAnswerError(`Cannot read the answer: header line ${JSON.stringify(line.slice(0, 80))}`);
    const name = line.slice(0, colon).toLowerCase();
    const value = line.slice(colon + 1).trim();
    const earlier = fields.get(name);
    fields.set(name, earlier === undefined ? value : `${earlier},${value}`);
  }
  return fields;
}

function lengthOf(field: string): number {
  const values = new Set(field.split(',').map((value) => value.trim()));
  const [only] = values;
  if (values.size !== 1 || !only || !/^\d{1,15}$/.test(only)) {
    throw new BadAnswerError(`Cannot read the answer: Content-Length ${JSON.stringify(field)}`);
  }
  return Number(only);
}

function staysOpen(isHttp11: boolean, connection: string | undefined): boolean {
  const options = (connection ?? '').toLowerCase().split(',');
  const has = (wanted: string) => options.some((option) => option.trim() === wanted);
  return isHttp11 ? !has('close') : has('keep-alive');
}

/** Text up to the first CRLF; undefined when it has not come yet. */
function lineOf(bytes: Buffer): string | undefined {
  const end = bytes.indexOf(LF);
  if (end < 0) return undefined;
  if (end === 0 || bytes[end - 1] !== CR) throw new BadAnswerError('Cannot read the answer: a bare LF in its framing');
  return bytes.toString('latin1', 0, end - 1);
}
