import { createServer } from 'node:net';
import { readLines } from './lines.js';

/**
 * A database as far as a shop's API notices: a TCP server with its state in memory, questions and answers one a line,
 * connections that stay open.
 *
 *   PING → PONG · GET key → VALUE text | NONE · SET key text → OK · KEYS prefix → KEYS key key …
 *
 * At SIGTERM it closes its listener, answers what has arrived, closes its connections and exits with code 0.
 */
const rows = new Map([
  ['product:tea', 'Tea, 100 g'],
  ['product:coffee', 'Coffee, 250 g'],
  ['product:cup', 'Cup, blue'],
]);
const connections = new Set();

const server = createServer((socket) => {
  connections.add(socket);
  socket.on('close', () => connections.delete(socket));
  socket.on('error', (error) => console.error(error.message));
  readLines(socket, (line) => socket.write(`${answer(line)}\n`));
});

server.listen(Number(process.env.PORT ?? 6380), () => console.log(`listening on ${server.address().port}`));

process.on('SIGTERM', () => {
  server.close();
  for (const socket of connections) socket.end();
  console.log('told to stop: listener closed');
});

function answer(line) {
  const [command, key = '', ...text] = line.split(' ');
  switch (command) {
    case 'PING':
      return 'PONG';
    case 'GET':
      return rows.has(key) ? `VALUE ${rows.get(key)}` : 'NONE';
    case 'SET':
      rows.set(key, text.join(' '));
      return 'OK';
    case 'KEYS':
      return ['KEYS', ...[...rows.keys()].filter((name) => name.startsWith(key))].join(' ');
    default:
      return `ERROR unknown command ${command}`;
  }
}
