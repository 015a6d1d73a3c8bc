import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { type IncomingMessage, request } from 'node:http';
import { connect } from 'node:net';
import { createInterface } from 'node:readline';

/** An example app as a plain process on a free port of loopback. */
export class App implements AsyncDisposable {
  readonly port: number;
  readonly #child: ChildProcess;
  readonly #ended: Promise<unknown[]>;

  private constructor(child: ChildProcess, port: number) {
    this.#child = child;
    this.#ended = once(child, 'exit');
    this.port = port;
  }

  /** Starts `file` and waits until it says on which port it listens. */
  static async start(
    file: URL,
    options: { env?: Record<string, string>; args?: readonly string[] } = {},
  ): Promise<App> {
    const child = spawn(process.execPath, [file.pathname, ...(options.args ?? [])], {
      env: { PATH: process.env['PATH'], PORT: '0', ...options.env },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    for await (const line of createInterface({ input: child.stdout })) {
      const port = /^listening on (\d+)$/.exec(line)?.[1];
      if (port) {
        child.stdout.resume();
        return new App(child, Number(port));
      }
    }
    throw new Error(`${file.pathname} ended before it listened`);
  }

  signal(name: NodeJS.Signals): void {
    this.#child.kill(name);
  }

  /** Exit code, or the signal that ended it. */
  async exit(): Promise<unknown> {
    const [code, signal] = await this.#ended;
    return code ?? signal;
  }

  async get(path: string): Promise<{ status: number; pod: unknown; body: Record<string, unknown> }> {
    const response = await this.begin('GET', path);
    return {
      status: response.statusCode ?? 0,
      pod: response.headers['x-pod'],
      body: JSON.parse(await textOf(response)),
    };
  }

  /** Sends a request over a connection of its own and resolves when the answer begins. */
  async begin(method: string, path: string): Promise<IncomingMessage> {
    const sent = request({ host: '127.0.0.1', port: this.port, method, path, agent: false }).end();
    const [response] = (await once(sent, 'response')) as [IncomingMessage];
    return response;
  }

  /** Resolves when the port refuses connections. One that was not accepted before the listener closed is reset. */
  async refuses(): Promise<void> {
    for (;;) {
      const socket = connect(this.port, '127.0.0.1');
      try {
        await once(socket, 'connect');
      } catch (error) {
        const { code } = error as NodeJS.ErrnoException;
        if (code === 'ECONNREFUSED') return;
        assert.equal(code, 'ECONNRESET');
      } finally {
        socket.destroy();
      }
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#child.kill('SIGKILL');
    await this.#ended;
  }
}

export async function textOf(response: IncomingMessage): Promise<string> {
  let text = '';
  for await (const chunk of response.setEncoding('utf8')) text += chunk;
  return text;
}
