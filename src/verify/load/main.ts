import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';
import process from 'node:process';
import { createInterface } from 'node:readline';
import { deferred } from '../../base/deferred.ts';
import { silentLog } from '../../base/log.ts';
import { seededRandom } from '../../base/random.ts';
import { systemClock, systemRandom } from '../../base/system.ts';
import { NotReadyError, runLoad } from './load.ts';
import { LOAD_USAGE, type LoadOptions, parseLoadOptions, UsageError } from './options.ts';
import type { Sender } from './sender.ts';
import { type Target, targetOf } from './target.ts';
import { KeepAliveSender, NewConnectionSender } from './tcpsender.ts';

/**
 * The load generator as a process of its own: events as JSON lines on standard output, see events.ts. Stops with a
 * summary of what is done at SIGTERM or SIGINT. Exit code 0 when the run is valid, whatever was lost; 1 when not; 2
 * for bad arguments.
 */
async function main(): Promise<number> {
  const options = parseLoadOptions(process.argv.slice(2));
  const stop = new AbortController();
  process.on('SIGTERM', () => stop.abort());
  process.on('SIGINT', () => stop.abort());
  const started = options.control ? controlledBy(process.stdin, stop) : Promise.resolve();
  const target = await resolveTarget(options);
  const sender = senderFor(target, options);
  try {
    const random = options.seed === undefined ? systemRandom : seededRandom(options.seed);
    const summary = await runLoad(options, {
      env: { clock: systemClock, random, log: silentLog },
      target,
      sender,
      emit: (event) => process.stdout.write(`${JSON.stringify(event)}\n`),
      started,
      stop: stop.signal,
    });
    return summary.valid ? 0 : 1;
  } finally {
    sender.close();
    process.stdin.destroy();
  }
}

/** Obeys the lines `start` and `stop`; the end of the input stops too: whoever gave the lines is gone. */
function controlledBy(input: NodeJS.ReadableStream, stop: AbortController): Promise<void> {
  const started = deferred();
  const lines = createInterface({ input });
  lines.on('line', (line) => {
    if (line === 'start') started.resolve();
    else if (line === 'stop') stop.abort();
    else process.stderr.write(`Cannot obey the line ${JSON.stringify(line)}: need start or stop\n`);
  });
  lines.on('close', () => stop.abort());
  return started.promise;
}

async function resolveTarget(options: LoadOptions): Promise<Target> {
  const host = options.target.hostname.replace(/^\[|\]$/g, '');
  const address = isIP(host) ? host : (await lookup(host)).address;
  return targetOf({
    url: options.target,
    address,
    method: options.method,
    headers: options.headers,
    keepAlive: options.connections === 'keep-alive',
    endpointHeader: options.endpointHeader,
  });
}

function senderFor(target: Target, options: LoadOptions): Sender {
  return options.connections === 'keep-alive'
    ? new KeepAliveSender(target)
    : new NewConnectionSender(target, systemClock);
}

try {
  process.exitCode = await main();
} catch (error) {
  const expected = error instanceof UsageError || error instanceof NotReadyError;
  process.stderr.write(`${expected ? error.message : String(error instanceof Error ? error.stack : error)}\n`);
  if (error instanceof UsageError) process.stderr.write(`${LOAD_USAGE}\n`);
  process.exitCode = error instanceof UsageError ? 2 : 1;
}
