import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';

const MAIN = join(import.meta.dirname, '../../src/cli/main.ts');

export interface SegueOptions {
  /** Runs it through another program, e.g. `['setpriv', '--reuid=65534']`. */
  readonly through?: readonly string[];
  readonly env?: NodeJS.ProcessEnv;
  readonly cwd?: string;
}

export interface SegueEnd {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** `segue` as a process of its own, as a user starts it. Letting go of it kills it. */
export class SegueProcess implements AsyncDisposable {
  readonly child: ChildProcess;
  /** Resolves when it has ended and all it printed was read. */
  readonly ended: Promise<SegueEnd>;
  #stdout = '';
  #stderr = '';
  readonly #waiting = new Set<() => void>();

  constructor(args: readonly string[], options: SegueOptions = {}) {
    const [program = process.execPath, ...before] = [...(options.through ?? []), process.execPath];
    this.child = spawn(program, [...before, MAIN, ...args], {
      stdio: ['ignore', 'pipe', 'pipe'],
      ...(options.env && { env: options.env }),
      ...(options.cwd && { cwd: options.cwd }),
    });
    this.child.stdout?.setEncoding('utf8').on('data', (text: string) => this.#said({ stdout: text }));
    this.child.stderr?.setEncoding('utf8').on('data', (text: string) => this.#said({ stderr: text }));
    this.ended = new Promise((resolve, reject) => {
      this.child.once('error', reject);
      this.child.once('close', (code, signal) => {
        resolve({ code, signal, stdout: this.#stdout, stderr: this.#stderr });
        this.#wake();
      });
    });
  }

  get pid(): number {
    return this.child.pid as number;
  }

  /** Resolves when standard output matches; rejects with what it printed when it ends before. */
  async says(pattern: RegExp): Promise<RegExpExecArray> {
    for (;;) {
      const match = pattern.exec(this.#stdout);
      if (match) return match;
      if (this.child.exitCode !== null || this.child.signalCode !== null) {
        throw new Error(`segue ended without saying ${pattern}:\n${this.#stdout}${this.#stderr}`);
      }
      await new Promise<void>((resolve) => this.#waiting.add(resolve));
    }
  }

  signal(name: NodeJS.Signals): void {
    this.child.kill(name);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.child.kill('SIGKILL');
    await this.ended;
  }

  #said(text: { stdout?: string; stderr?: string }): void {
    this.#stdout += text.stdout ?? '';
    this.#stderr += text.stderr ?? '';
    this.#wake();
  }

  #wake(): void {
    for (const resolve of this.#waiting) resolve();
    this.#waiting.clear();
  }
}
