import { connect } from 'node:net';
import { readLines } from './lines.js';

const ANSWER_MS = 2000;

/**
 * A client of db.js: one connection, opened when it is needed, questions answered in order. A question whose connection
 * breaks is asked once more on a new one: all of them are safe to repeat.
 */
export class Database {
  #host;
  #port;
  #socket;
  #waiting = [];

  constructor(host, port) {
    this.#host = host;
    this.#port = port;
  }

  ping() {
    return this.#ask('PING');
  }

  async keys(prefix) {
    return (await this.#ask(`KEYS ${prefix}`)).split(' ').slice(1);
  }

  set(key, value) {
    return this.#ask(`SET ${key} ${value}`);
  }

  close() {
    this.#socket?.end();
  }

  async #ask(question) {
    try {
      return await this.#once(question);
    } catch {
      return await this.#once(question);
    }
  }

  #once(question) {
    return new Promise((resolve, reject) => {
      this.#socket ??= this.#open();
      const socket = this.#socket;
      const timer = setTimeout(() => socket.destroy(new Error('no answer')), ANSWER_MS);
      const settle = (act) => (value) => {
        clearTimeout(timer);
        act(value);
      };
      this.#waiting.push({ resolve: settle(resolve), reject: settle(reject) });
      socket.write(`${question}\n`);
    });
  }

  #open() {
    const socket = connect(this.#port, this.#host);
    let why = 'closed';
    readLines(socket, (line) => this.#waiting.shift()?.resolve(line));
    socket.on('error', (error) => {
      why = error.message;
    });
    socket.on('end', () => this.#lost(socket, why));
    socket.on('close', () => this.#lost(socket, why));
    return socket;
  }

  #lost(socket, why) {
    if (this.#socket !== socket) return;
    this.#socket = undefined;
    for (const { reject } of this.#waiting.splice(0)) reject(new Error(`Cannot ask the database: ${why}`));
  }
}
