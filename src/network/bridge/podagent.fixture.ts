import { once } from 'node:events';
import { Worker } from 'node:worker_threads';

/** What an agent is asked to do; the answer is text. */
export type AgentCall =
  | { readonly do: 'serve'; readonly port: number; readonly name: string }
  | { readonly do: 'stall'; readonly port: number; readonly backlog: number }
  | { readonly do: 'ask'; readonly ip: string; readonly port: number; readonly protocol: 'TCP' | 'UDP' }
  | { readonly do: 'open'; readonly ip: string; readonly port: number; readonly protocol: 'TCP' | 'UDP' }
  | { readonly do: 'say'; readonly connection: string };

interface Waiting {
  resolve(answer: string): void;
  reject(error: Error): void;
}

/** A thread that lives in a network namespace and serves and connects there when told. */
export class PodAgent implements AsyncDisposable {
  readonly #worker: Worker;
  readonly #waiting = new Map<number, Waiting>();
  #last = 0;

  private constructor(worker: Worker) {
    this.#worker = worker;
    worker.on('message', ({ id, answer, error }: { id: number; answer?: string; error?: string }) => {
      const waiting = this.#waiting.get(id);
      this.#waiting.delete(id);
      if (error === undefined) waiting?.resolve(answer ?? '');
      else waiting?.reject(new Error(error));
    });
  }

  static async in(namespacePath: string): Promise<PodAgent> {
    const worker = new Worker(new URL('./podagent.worker.fixture.ts', import.meta.url), { workerData: namespacePath });
    await once(worker, 'online');
    return new PodAgent(worker);
  }

  /** Serves TCP and UDP: says `name` to each connection, and again for each line or datagram it is sent. */
  async serve(port: number, name: string): Promise<void> {
    await this.#call({ do: 'serve', port, name });
  }

  /** Listens on TCP without ever accepting. */
  async stall(port: number, backlog: number): Promise<void> {
    await this.#call({ do: 'stall', port, backlog });
  }

  /** Makes a new connection, or sends a datagram from a new port: what was answered, or `refused`. */
  ask(ip: string, port: number, protocol: 'TCP' | 'UDP' = 'TCP'): Promise<string> {
    return this.#call({ do: 'ask', ip, port, protocol });
  }

  /** Makes a connection and keeps it. */
  async open(ip: string, port: number, protocol: 'TCP' | 'UDP' = 'TCP'): Promise<KeptConnection> {
    const connection = await this.#call({ do: 'open', ip, port, protocol });
    return { say: () => this.#call({ do: 'say', connection }) };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#worker.terminate();
  }

  #call(call: AgentCall): Promise<string> {
    const id = ++this.#last;
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
      this.#worker.postMessage({ id, call });
    });
  }
}

export interface KeptConnection {
  /** Sends something on it: who answered. Rejects when it broke. */
  say(): Promise<string>;
}
