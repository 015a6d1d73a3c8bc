import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { Database } from './database.js';
import { json, self, serve } from './server.js';

// The address of the Service "db".
const db = new Database(process.env.DB_SERVICE_HOST ?? 'db', Number(process.env.DB_SERVICE_PORT ?? 6380));

serve(
  {
    'GET /healthz': ({ response }) => json(response, 200, {}),
    'GET /readyz': ready,
    'GET /products': async ({ response }) => json(response, 200, { products: await db.keys('product:') }),
    'GET /report': report,
    'POST /orders': order,
  },
  () => db.close(),
);

/** Ready means that the database answers. */
async function ready({ response }) {
  try {
    await db.ping();
    json(response, 200, {});
  } catch (error) {
    json(response, 503, { error: error.message });
  }
}

/** A slow answer: begins at once and takes its time, as a report over many rows does. */
async function report({ response, url }) {
  response.writeHead(200, { 'content-type': 'application/json' });
  response.write(`{"version":${JSON.stringify(self.version)},"pod":${JSON.stringify(self.pod)},`);
  await sleep(Number(url.searchParams.get('ms') ?? 1500));
  response.end(`"orders":${(await db.keys('order:')).length}}`);
}

async function order({ response, url }) {
  const id = url.searchParams.get('id') ?? randomUUID();
  await db.set(`order:${id}`, 'placed');
  json(response, 201, { order: id });
}
