import type { SocketSample } from '../src/network/podnetwork.ts';

/** The client's end of a connection. */
export interface ClientEnd {
  /** The kernel took the connection, or what came of it was answered with a reset. */
  onReset(): void;
  onAnswer(status: number): void;
}

export type ConnectionState = 'halfOpen' | 'queued' | 'accepted' | 'closed';

/** One connection as the pod's kernel knows it. */
export class SimConnection {
  state: ConnectionState = 'halfOpen';
  readonly client: ClientEnd;
  readonly #sockets: PodSockets;

  constructor(sockets: PodSockets, client: ClientEnd) {
    this.#sockets = sockets;
    this.client = client;
  }

  /** The answer is on its way and the connection over. */
  answer(status: number): void {
    if (this.state === 'closed') return;
    this.#sockets.forget(this);
    this.client.onAnswer(status);
  }

  reset(): void {
    if (this.state === 'closed') return;
    this.#sockets.forget(this);
    this.client.onReset();
  }

  /** Closed in good order, by whichever side. */
  close(): void {
    if (this.state !== 'closed') this.#sockets.forget(this);
  }
}

export interface Listener {
  readonly port: number;
  /** Connections that wait to be accepted. */
  readonly queue: SimConnection[];
  readonly backlog: number;
  /** Called when a connection came to wait. */
  readonly onWaiting: () => void;
}

/**
 * The TCP sockets of one pod as Linux treats them: a SYN waits half-open for its ACK, then in the accept queue for the
 * application; closing the listener resets both; a full queue drops SYNs, which their clients send again.
 */
export class PodSockets {
  readonly #listeners = new Map<number, Listener>();
  readonly #connections = new Set<SimConnection>();
  #passiveOpens = 0;
  #listenDrops = 0;
  #halfOpen = 0;
  #queued = 0;

  listen(listener: Listener): void {
    this.#listeners.set(listener.port, listener);
  }

  isListening(port: number): boolean {
    return this.#listeners.has(port);
  }

  /** Closes the listener: what it had not accepted is reset. */
  closeListener(port: number): void {
    const listener = this.#listeners.get(port);
    if (!listener) return;
    this.#listeners.delete(port);
    for (const connection of [...listener.queue]) connection.reset();
    listener.queue.length = 0;
  }

  syn(port: number, client: ClientEnd): SimConnection | 'refused' | 'dropped' {
    const listener = this.#listeners.get(port);
    if (!listener) return 'refused';
    if (listener.queue.length >= listener.backlog) {
      this.#listenDrops++;
      return 'dropped';
    }
    const connection = new SimConnection(this, client);
    this.#connections.add(connection);
    this.#halfOpen++;
    return connection;
  }

  /** The handshake's last packet. */
  ack(port: number, connection: SimConnection): void {
    if (connection.state !== 'halfOpen') return;
    const listener = this.#listeners.get(port);
    if (!listener) {
      connection.reset();
      return;
    }
    this.#halfOpen--;
    this.#queued++;
    this.#passiveOpens++;
    connection.state = 'queued';
    listener.queue.push(connection);
    listener.onWaiting();
  }

  /** The application takes all that wait. */
  accept(port: number): SimConnection[] {
    const taken = this.#listeners.get(port)?.queue.splice(0) ?? [];
    for (const connection of taken) connection.state = 'accepted';
    this.#queued -= taken.length;
    return taken;
  }

  /** The process ended, or the network was taken away. */
  resetAll(): void {
    this.#listeners.clear();
    for (const connection of [...this.#connections]) connection.reset();
  }

  forget(connection: SimConnection): void {
    if (connection.state === 'halfOpen') this.#halfOpen--;
    if (connection.state === 'queued') {
      this.#queued--;
      for (const { queue } of this.#listeners.values()) {
        const at = queue.indexOf(connection);
        if (at >= 0) queue.splice(at, 1);
      }
    }
    connection.state = 'closed';
    this.#connections.delete(connection);
  }

  sample(): SocketSample {
    return {
      passiveOpens: this.#passiveOpens,
      acceptQueue: this.#queued,
      halfOpen: this.#halfOpen,
      listenDrops: this.#listenDrops,
      established: this.#connections.size - this.#halfOpen,
    };
  }
}
