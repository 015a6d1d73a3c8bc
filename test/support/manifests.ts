import type { Container, PodSpec } from '../../src/api/types/core.ts';

/**
 * A server that finishes what it accepted. It says when it listens, when it was told to stop and who asked for /bye: on
 * standard output, and in the file that LOG names.
 */
const SERVER = `
const say = (text) => {
  console.log(text);
  if (process.env.LOG) require('node:fs').appendFileSync(process.env.LOG, text + '\\n');
};
const closeListener = require('node:net').Server.prototype.close;
const server = require('node:http').createServer((request, response) => {
  if (request.url === '/bye') say('bye');
  response.setHeader('x-pod', process.env.HOSTNAME);
  response.setHeader('connection', 'close');
  response.end(JSON.stringify({ pod: process.env.HOSTNAME, version: process.env.VERSION ?? '1' }) + '\\n');
});
server.listen(8080, () => say('listening'));
process.on('SIGTERM', () => { say('SIGTERM ' + Date.now()); closeListener.call(server); });
`;

/** A container that serves HTTP on port 8080, closes its listener at SIGTERM and says when that was. */
export function serverContainer(extra: Partial<Container> = {}): Container {
  return {
    name: 'server',
    image: 'node',
    command: ['node', '-e', SERVER],
    ports: [{ name: 'http', containerPort: 8080 }],
    readinessProbe: { httpGet: { path: '/', port: 'http' }, periodSeconds: 1 },
    ...extra,
  } as Container;
}

/** A container that runs a shell script. */
export function shContainer(script: string, extra: Partial<Container> = {}): Container {
  return { name: 'sh', image: 'busybox', command: ['sh', '-c', script], ...extra } as Container;
}

export interface PodExtra {
  readonly labels?: Record<string, string>;
  readonly annotations?: Record<string, string>;
  readonly spec?: Partial<PodSpec>;
}

/** A Pod manifest as JSON, which kubectl takes as it takes YAML. */
export function podManifest(name: string, containers: readonly Container[], extra: PodExtra = {}): string {
  const { labels = { app: name }, annotations, spec } = extra;
  return JSON.stringify({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, labels, ...(annotations && { annotations }) },
    spec: { terminationGracePeriodSeconds: 5, ...spec, containers },
  });
}

/** A Deployment manifest as JSON. */
export function deploymentManifest(
  name: string,
  containers: readonly Container[],
  extra: PodExtra & { replicas?: number } = {},
): string {
  const { labels = { app: name }, annotations, spec, replicas = 1 } = extra;
  const metadata = { labels, ...(annotations && { annotations }) };
  return JSON.stringify({
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name, labels },
    spec: {
      replicas,
      selector: { matchLabels: labels },
      template: { metadata, spec: { terminationGracePeriodSeconds: 5, ...spec, containers } },
    },
  });
}

/** A Service manifest as JSON, from port 80 to the port named http. */
export function serviceManifest(name: string, extra: { type?: string; port?: number } = {}): string {
  const { type = 'ClusterIP', port = 80 } = extra;
  const ports = [{ name: 'http', port, targetPort: 'http' }];
  return JSON.stringify({
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name, labels: { app: name } },
    spec: { type, selector: { app: name }, ports },
  });
}
