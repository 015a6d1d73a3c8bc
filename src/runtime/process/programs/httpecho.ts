import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { hostname } from 'node:os';

// A server that answers every request with one text: what the images hashicorp/http-echo and hello-app run.
// Flags: -text TEXT, -listen [ADDRESS]:PORT, -status-code N, -hello VERSION; with one or two dashes, with blank or "=".

const FLAGS = ['text', 'listen', 'status-code', 'hello'];

function readFlags(args: readonly string[]): Map<string, string> {
  const flags = new Map<string, string>();
  for (let i = 0; i < args.length; i++) {
    const [, name, inline] = /^--?([a-z-]+)(?:=(.*))?$/s.exec(args[i]!) ?? [];
    if (name === undefined || !FLAGS.includes(name)) throw new Error(`flag provided but not defined: ${args[i]}`);
    const value = inline ?? args[++i];
    if (value === undefined) throw new Error(`flag needs an argument: -${name}`);
    flags.set(name, value);
  }
  return flags;
}

function bodyOf(flags: ReadonlyMap<string, string>): string {
  const tag = flags.get('hello');
  const version = tag === undefined ? undefined : /^\d+\.\d+$/.test(tag) ? `${tag}.0` : tag;
  if (version !== undefined) return `Hello, world!\nVersion: ${version}\nHostname: ${hostname()}\n`;
  const text = flags.get('text') ?? process.env['ECHO_TEXT'];
  if (text === undefined) throw new Error('Missing -text option or ECHO_TEXT env var!');
  return `${text}\n`;
}

function serve(args: readonly string[]): void {
  const flags = readFlags(args);
  const listen = flags.get('listen') ?? ':5678';
  const port = Number(process.env['PORT'] ?? listen.slice(listen.lastIndexOf(':') + 1));
  const address = listen.slice(0, listen.lastIndexOf(':')) || '0.0.0.0';
  const status = Number(flags.get('status-code') ?? 200);
  const body = bodyOf(flags);
  const server = createServer((request, response) => {
    response.writeHead(status, { 'content-type': 'text/plain; charset=utf-8' }).end(body);
    console.log(`${request.socket.remoteAddress} ${request.method} ${request.url} ${status}`);
  });
  server.listen(port, address, () => {
    const bound = server.address() as AddressInfo;
    console.log(`server is listening on ${address}:${bound.port}`);
  });
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.on(signal, () => {
      server.close(() => process.exit(0));
      server.closeIdleConnections();
    });
  }
}

try {
  serve(process.argv.slice(2));
} catch (error) {
  console.error((error as Error).message);
  process.exitCode = 127;
}
