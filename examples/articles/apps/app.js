import { createServer } from 'node:http';
import { Server as Listener } from 'node:net';
import { hostname } from 'node:os';

// node app.js VERSION: the app that articles about graceful shutdown deploy. Listens on port 3000 unless PORT says other.
const version = process.argv[2] ?? '1.0';
const pod = process.env.HOSTNAME ?? hostname();
let stopping = false;
let hookCalled = false;

const server = createServer((request, response) => {
  const { pathname, searchParams } = new URL(request.url, 'http://app');
  // Called by a preStop hook of kind httpGet: from here on, not ready.
  if (pathname === '/shutdown') hookCalled = true;
  const status = pathname === '/ready' && hookCalled ? 503 : 200;
  const body = `${JSON.stringify({ version, pod })}\n`;
  if (stopping) response.setHeader('connection', 'close');
  response.on('close', () => stopping && request.socket.end());
  response.writeHead(status, { 'content-type': 'application/json', 'content-length': body.length, 'x-pod': pod });
  response.flushHeaders();
  setTimeout(() => response.end(body), Number(searchParams.get('ms') ?? 0));
});

server.listen(Number(process.env.PORT ?? 3000), () => console.log(`listening on ${server.address().port}`));

process.on('SIGTERM', stop);
process.on('SIGQUIT', stop);

/** Closes the listener first thing and finishes what was accepted; then nothing keeps the process alive. */
function stop(signal) {
  stopping = true;
  Listener.prototype.close.call(server);
  setTimeout(() => server.closeIdleConnections(), 1000).unref();
  console.log(`${signal}: listener closed`);
}
