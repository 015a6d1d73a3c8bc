import { request as httpRequest } from 'node:http';
import { json, serve } from './server.js';

// The address of the Service "api", as Kubernetes puts it into every container that starts after it.
const api = { host: process.env.API_SERVICE_HOST ?? 'api', port: Number(process.env.API_SERVICE_PORT ?? 80) };

serve({
  'GET /': ({ response }) => json(response, 200, { shop: 'open' }),
  'GET /healthz': ({ response }) => json(response, 200, {}),
  'GET /readyz': ({ response }) => json(response, 200, {}),
  'GET /products': async ({ response }) => json(response, 200, { api: await ask('GET', '/products') }),
  'GET /report': async ({ response, url }) => json(response, 200, { api: await ask('GET', `/report${url.search}`) }),
  'POST /orders': async ({ response, url }) => json(response, 201, { api: await ask('POST', `/orders${url.search}`) }),
});

/** One request to the API over a connection of its own: nothing to go stale when API pods are replaced. */
function ask(method, path) {
  return new Promise((resolve, reject) => {
    const request = httpRequest({ ...api, method, path, agent: false, timeout: 10_000 }, (response) => {
      const chunks = [];
      response.on('error', reject);
      response.on('data', (chunk) => chunks.push(chunk));
      response.on('end', () => {
        if (response.statusCode >= 500) reject(new Error(`the API answered ${response.statusCode}`));
        else resolve(JSON.parse(Buffer.concat(chunks).toString()));
      });
    });
    request.on('timeout', () => request.destroy(new Error('the API did not answer in 10 s')));
    request.on('error', (error) => reject(new Error(`Cannot ask the API: ${error.message}`)));
    request.end();
  });
}
