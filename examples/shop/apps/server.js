import { createServer } from 'node:http';
import { Server as Listener } from 'node:net';

/** Who answers: shown in every answer, as JSON and as the header x-pod. */
export const self = { version: process.env.VERSION ?? '1', pod: process.env.POD_NAME ?? 'local' };

/**
 * Serves `routes` ("GET /path" → handler) on PORT. At SIGTERM it closes its listener first thing, finishes what it has
 * accepted, runs `stopped` and exits with code 0: no sleep, no hook, no waiting for anyone.
 */
export function serve(routes, stopped = () => {}) {
  let stopping = false;
  const server = createServer((request, response) => {
    if (stopping) response.setHeader('connection', 'close');
    response.setHeader('x-pod', self.pod);
    response.on('close', () => stopping && request.socket.end());
    answer(routes, request, response).catch((error) => fail(response, error));
  });
  server.listen(Number(process.env.PORT ?? 8080), () => console.log(`listening on ${server.address().port}`));
  process.on('SIGTERM', () => {
    stopping = true;
    // Only the listener: server.close() of newer Node versions also drops connections whose first request is on its way.
    Listener.prototype.close.call(server, stopped);
    setTimeout(() => server.closeIdleConnections(), 1000).unref();
    console.log('told to stop: listener closed');
  });
}

async function answer(routes, request, response) {
  const url = new URL(request.url, 'http://shop');
  const handler = routes[`${request.method} ${url.pathname}`];
  if (handler) await handler({ request, response, url });
  else json(response, 404, { error: `no such page: ${url.pathname}` });
}

/** Ends the answer with `body` and who gave it. */
export function json(response, status, body) {
  const text = JSON.stringify({ ...self, ...body });
  response.writeHead(status, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) });
  response.end(text);
}

function fail(response, error) {
  console.error(error.message);
  if (response.headersSent) response.destroy(error);
  else json(response, 502, { error: error.message });
}
