import { deployments, services } from '../src/api/resources.ts';
import type { Deployment } from '../src/api/types/apps.ts';
import type { Service } from '../src/api/types/core.ts';
import type { Draft } from '../src/api/types/meta.ts';
import { RELEASE_ANNOTATION, RELEASE_TIMEOUT_ANNOTATION } from '../src/api/types/segue.ts';
import type { Client } from '../src/client/client.ts';
import { APP_PORT } from './app.ts';
import type { ServicePlan } from './plan.ts';

export const NAMESPACE = 'default';
export const SERVICE_PORT = 80;

/** Makes the Deployment and the Service of `plan`. Returns the address of the Service. */
export async function createWorkload(client: Client, plan: ServicePlan): Promise<string> {
  await client.of(deployments).create(deploymentOf(plan));
  return (await client.of(services).create(serviceOf(plan))).spec.clusterIP ?? '';
}

function serviceOf({ name }: ServicePlan): Draft<Service> {
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name, namespace: NAMESPACE },
    spec: { selector: { app: name }, ports: [{ port: SERVICE_PORT, targetPort: APP_PORT }] },
  };
}

function deploymentOf(plan: ServicePlan): Draft<Deployment> {
  const { name, replicas, maxSurge, maxUnavailable, graceSeconds, preStopSeconds, app, level } = plan;
  const timeout = plan.releaseTimeoutSeconds;
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name, namespace: NAMESPACE },
    spec: {
      replicas,
      selector: { matchLabels: { app: name } },
      strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge, maxUnavailable } },
      template: {
        metadata: {
          labels: { app: name },
          annotations: {
            [RELEASE_ANNOTATION]: level,
            ...(timeout === undefined ? {} : { [RELEASE_TIMEOUT_ANNOTATION]: String(timeout) }),
          },
        },
        spec: {
          terminationGracePeriodSeconds: graceSeconds,
          containers: [
            {
              name: 'app',
              image: 'app',
              args: [JSON.stringify(app)],
              ports: [{ containerPort: APP_PORT }],
              readinessProbe: { httpGet: { path: '/ready', port: APP_PORT }, periodSeconds: 2, failureThreshold: 2 },
              ...(preStopSeconds > 0 ? { lifecycle: { preStop: { sleep: { seconds: preStopSeconds } } } } : {}),
            },
          ],
        },
      },
    },
  };
}
