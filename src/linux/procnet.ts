import { closeSync, openSync, readSync } from 'node:fs';

/** Counters of a network namespace since it was made. */
export interface TcpCounters {
  readonly passiveOpens: number;
  /** SYNs dropped for want of room in a queue: `ListenDrops` and `TCPReqQFullDrop`. */
  readonly listenDrops: number;
}

/**
 * Reads /proc/net/snmp and netstat of the network namespace it was opened in, from files held open: later reads need no
 * change of namespace. Keeps the namespace alive until closed.
 */
export class TcpCounterReader {
  readonly #snmp: ProcTable;
  readonly #netstat: ProcTable;

  /** Opens in the calling thread's network namespace. */
  constructor() {
    this.#snmp = new ProcTable('/proc/thread-self/net/snmp');
    try {
      this.#netstat = new ProcTable('/proc/thread-self/net/netstat');
    } catch (error) {
      this.#snmp.close();
      throw error;
    }
  }

  read(): TcpCounters {
    const [passiveOpens] = this.#snmp.read('Tcp:', ['PassiveOpens']);
    const [drops, full] = this.#netstat.read('TcpExt:', ['ListenDrops', 'TCPReqQFullDrop']);
    return { passiveOpens: passiveOpens!, listenDrops: drops! + full! };
  }

  close(): void {
    this.#snmp.close();
    this.#netstat.close();
  }
}

/** A /proc file of line pairs: names, then values, each starting with the same word. */
class ProcTable {
  readonly #fd: number;
  readonly #buffer = Buffer.alloc(16 * 1024);
  #columns: number[] | undefined;

  constructor(path: string) {
    this.#fd = openSync(path, 'r');
  }

  /** The named values of the pair that starts with `word`. The same names must be asked for each time. */
  read(word: string, names: readonly string[]): number[] {
    const length = readSync(this.#fd, this.#buffer, 0, this.#buffer.length, 0);
    const content = this.#buffer.toString('latin1', 0, length);
    const head = content.startsWith(word) ? 0 : content.indexOf(`\n${word}`) + 1;
    const headEnd = content.indexOf('\n', head);
    this.#columns ??= columnsOf(content.slice(head, headEnd).split(' '), names);
    const values = content.slice(headEnd + 1, content.indexOf('\n', headEnd + 1)).split(' ');
    return this.#columns.map((column) => Number(values[column]));
  }

  close(): void {
    closeSync(this.#fd);
  }
}

function columnsOf(header: readonly string[], names: readonly string[]): number[] {
  return names.map((name) => {
    const column = header.indexOf(name);
    if (column < 0) throw new Error(`Cannot find ${name} among the kernel's counters, need Linux 4.10 or newer`);
    return column;
  });
}
