import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SegueProcess } from '../test/support/segue.ts';

/** `segue up` with a state folder of its own on `port`; both are gone when it is let go. */
export async function clusterProcess(
  port: number,
): Promise<AsyncDisposable & { process: SegueProcess; state: string }> {
  const state = await mkdtemp(join(tmpdir(), 'segue-bench-'));
  const process = new SegueProcess(['up', '--port', String(port), '--state', state, '--lb-address', '127.0.0.22']);
  return {
    process,
    state,
    [Symbol.asyncDispose]: async () => {
      process.signal('SIGINT');
      await process.ended;
      await rm(state, { recursive: true, force: true });
    },
  };
}
