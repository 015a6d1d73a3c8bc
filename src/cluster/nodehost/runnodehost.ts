import { closeSync, read, writeSync } from 'node:fs';
import { promisify } from 'node:util';
import { pinoLog } from '../logging.ts';
import { NodeHost } from './nodehost.ts';
import type { NodeHostOptions } from './options.ts';

/** Descriptor on which the parent waits for one line. */
const READY_FD = 3;
/** Descriptor on which the parent says, by one byte, that the API server answers. */
const BEGIN_FD = 4;

/** Starts the node host and says on descriptor 3 `ready`, or in one line what stands against it; then the process ends. */
export async function runNodeHost(options: NodeHostOptions): Promise<void> {
  const log = pinoLog({ level: options.logLevel, destination: 1 });
  process.on('uncaughtException', (error) => {
    log.error('the node host ends: unexpected error', { error: error.stack });
    process.exit(70);
  });
  try {
    await NodeHost.start(options, { log, begun: begun() });
    writeSync(READY_FD, 'ready\n');
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    log.error('the node host did not start', { error: error instanceof Error ? error.stack : message });
    writeSync(READY_FD, `${message.replaceAll('\n', ' ')}\n`);
    process.exit(1);
  }
}

async function begun(): Promise<void> {
  await promisify(read)(BEGIN_FD, Buffer.alloc(1), 0, 1, null);
  closeSync(BEGIN_FD);
}
