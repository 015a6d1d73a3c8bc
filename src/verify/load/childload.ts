import type { ChildProcess } from 'node:child_process';
import { createInterface } from 'node:readline';
import { assert } from '../../base/assert.ts';
import { deferred } from '../../base/deferred.ts';
import { type LoadEvent, parseLoadEvent } from './events.ts';
import { LoadFailedError, type LoadProcess } from './loadprocess.ts';

const STDERR_CHARACTERS_MAX = 4000;

/** The load process that `child` is: `main.ts` with `--control`, all three of its streams piped. Takes it over. */
export function childLoad(child: ChildProcess): LoadProcess {
  const { stdin, stdout, stderr } = child;
  assert(stdin && stdout && stderr, 'a load process has its standard streams piped');
  const closed = deferred();
  const ended = closed.promise;
  let said = '';
  child.on('close', () => closed.resolve());
  // It could not be started, or not be killed: said with the rest when it has closed.
  child.on('error', (error) => {
    said += `${error.message}\n`;
  });
  stderr.setEncoding('utf8').on('data', (text: string) => {
    said = (said + text).slice(-STDERR_CHARACTERS_MAX);
  });
  // A process that has ended can no longer be told anything: its end is reported by its events.
  stdin.on('error', () => {});
  return {
    events: eventsOf(child, { ended, said: () => said }),
    start: () => stdin.write('start\n'),
    stop: () => stdin.write('stop\n'),
    async close() {
      child.kill('SIGKILL');
      await ended;
    },
  };
}

async function* eventsOf(
  child: ChildProcess,
  end: { ended: Promise<unknown>; said: () => string },
): AsyncGenerator<LoadEvent> {
  assert(child.stdout, 'a load process has its standard output piped');
  let summed = false;
  for await (const line of createInterface({ input: child.stdout })) {
    const event = parseLoadEvent(line);
    summed = event.event === 'summary';
    yield event;
  }
  await end.ended;
  if (summed) return;
  const how = child.signalCode ?? `exit code ${child.exitCode}`;
  throw new LoadFailedError(`Cannot finish the load: the generator ended with ${how}: ${end.said().trim()}`);
}
