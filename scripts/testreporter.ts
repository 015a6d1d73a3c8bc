import type { TestEvent } from 'node:test/reporters';

/** One line of a test file's report: what `testfile.ts` reads back after the file's process has ended. */
export type ReportLine =
  | { readonly event: 'started'; readonly name: string }
  | { readonly event: 'ended'; readonly name: string }
  | { readonly event: 'passed'; readonly name: string }
  | { readonly event: 'failed'; readonly name: string; readonly reason: string };

/** Turns node:test's events into JSON lines. Suites are no tests, and a test that failed only in its parts is not counted twice. */
async function* testReporter(source: AsyncIterable<TestEvent>): AsyncGenerator<string> {
  const path: string[] = [];
  for await (const { type, data } of source) {
    if (type === 'test:start') {
      path.length = data.nesting;
      path.push(data.name);
      continue;
    }
    if (type === 'test:dequeue') yield line({ event: 'started', name: data.name });
    if (type === 'test:complete') yield line({ event: 'ended', name: data.name });
    if (type !== 'test:pass' && type !== 'test:fail') continue;
    const name = [...path.slice(0, data.nesting), data.name].join(' › ');
    const reason = type === 'test:fail' ? failureOf(data.details.error) : skipped(data);
    if (reason) yield line({ event: 'failed', name, reason });
    else if (type === 'test:pass' && data.details.type !== 'suite') yield line({ event: 'passed', name });
  }
}

function line(report: ReportLine): string {
  return `${JSON.stringify(report)}\n`;
}

/** A skipped test claims something that nobody looked at. */
function skipped(data: { skip?: string | boolean; todo?: string | boolean }): string {
  if (data.skip !== undefined && data.skip !== false)
    return `was skipped: ${data.skip === true ? 'no reason' : data.skip}`;
  if (data.todo !== undefined && data.todo !== false) return 'is marked todo';
  return '';
}

function failureOf(error: Error & { failureType?: string }): string {
  if (error.failureType === 'subtestsFailed') return '';
  const cause = error.cause ?? error;
  return cause instanceof Error ? withCauses(cause) : String(cause);
}

function withCauses(error: Error): string {
  const frames = (error.stack ?? `${error.name}: ${error.message}`).split('\n');
  const text = frames.filter((frame) => !/^\s+at .*(node:internal|node:async_hooks)/.test(frame)).join('\n');
  return error.cause === undefined
    ? text
    : `${text}\ncaused by: ${error.cause instanceof Error ? withCauses(error.cause) : String(error.cause)}`;
}

// node:test takes a reporter as the default export of its module and in no other way.
// biome-ignore lint/style/noDefaultExport: the only form that --test-reporter loads
export default testReporter;
