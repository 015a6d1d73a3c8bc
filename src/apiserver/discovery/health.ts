import type { ApiResponse } from '../../api/request.ts';

export const HEALTH_PATHS: ReadonlySet<string> = new Set(['/healthz', '/livez', '/readyz']);

/** `/healthz`, `/livez` and `/readyz`: `ok`, or each check on a line of its own with `?verbose`. */
export function health(path: string, query: URLSearchParams, { isOpen }: { isOpen: boolean }): ApiResponse {
  const headers = { 'content-type': 'text/plain; charset=utf-8', 'cache-control': 'no-cache, private' };
  const lines = ['[+]ping ok', `${isOpen ? '[+]' : '[-]'}store ${isOpen ? 'ok' : 'failed: closed'}`];
  const summary = `${path.slice(1)} check ${isOpen ? 'passed' : 'failed'}`;
  const text = isOpen && !query.has('verbose') ? 'ok' : `${[...lines, summary].join('\n')}\n`;
  return { status: isOpen ? 200 : 500, headers, body: { kind: 'text', text } };
}
