import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Deployment, DeploymentSpec } from '../types/apps.ts';
import { deploymentKind } from './deployment.ts';
import { cells, created, metadata, podOf, problems, stepProblems } from './fixtures.ts';

function deployment(spec: Partial<DeploymentSpec> = {}): Deployment {
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: metadata(),
    spec: {
      selector: { matchLabels: { app: 'web' } },
      template: { metadata: { labels: { app: 'web' } }, spec: podOf().spec },
      ...spec,
    },
  };
}

function rolling(maxSurge: string | number, maxUnavailable: string | number): string[] {
  return problems(deploymentKind, deployment({ strategy: { rollingUpdate: { maxSurge, maxUnavailable } } }));
}

test('a deployment gets what Kubernetes fills in', () => {
  const { spec, status } = created(deploymentKind, deployment());
  assert.deepEqual(spec, {
    replicas: 1,
    selector: { matchLabels: { app: 'web' } },
    strategy: { type: 'RollingUpdate', rollingUpdate: { maxUnavailable: '25%', maxSurge: '25%' } },
    revisionHistoryLimit: 10,
    progressDeadlineSeconds: 600,
    template: {
      metadata: { labels: { app: 'web' } },
      spec: {
        restartPolicy: 'Always',
        dnsPolicy: 'ClusterFirst',
        schedulerName: 'default-scheduler',
        securityContext: {},
        terminationGracePeriodSeconds: 30,
        containers: [
          {
            name: 'app',
            image: 'nginx:1.29',
            imagePullPolicy: 'IfNotPresent',
            terminationMessagePath: '/dev/termination-log',
            terminationMessagePolicy: 'File',
            resources: {},
          },
        ],
      },
    },
  });
  assert.deepEqual(status, {});
});

test('zero replicas and Recreate are kept', () => {
  const { spec } = created(deploymentKind, deployment({ replicas: 0, strategy: { type: 'Recreate' } }));
  assert.equal(spec.replicas, 0);
  assert.deepEqual(spec.strategy, { type: 'Recreate' });
});

test('the selector must be there, say something, and match the template', () => {
  assert.deepEqual(problems(deploymentKind, { ...deployment(), spec: undefined } as unknown as Deployment), [
    'spec.selector: Required value',
    'spec.template.spec.containers: Required value',
  ]);
  assert.deepEqual(problems(deploymentKind, deployment({ selector: {} })), [
    'spec.selector: Invalid value: {}: empty selector is invalid for deployment',
  ]);
  assert.deepEqual(problems(deploymentKind, deployment({ selector: { matchLabels: { app: 'api' } } })), [
    'spec.template.metadata.labels: Invalid value: {"app":"web"}: `selector` does not match template `labels`',
  ]);
  assert.deepEqual(
    problems(deploymentKind, deployment({ selector: { matchExpressions: [{ key: 'app', operator: 'In' }] } })),
    ["spec.selector.matchExpressions[0].values: Required value: must be specified when `operator` is 'In' or 'NotIn'"],
  );
});

test('the template is a pod that is always restarted', () => {
  const template = { metadata: { labels: { app: 'web' } }, spec: { ...podOf().spec, restartPolicy: 'Never' as const } };
  assert.deepEqual(problems(deploymentKind, deployment({ template })), [
    'spec.template.spec.restartPolicy: Unsupported value: "Never": supported values: "Always"',
  ]);
  const annotated = {
    metadata: { labels: { app: 'web' }, annotations: { 'segue.dev/release': 'No' } },
    spec: podOf().spec,
  };
  assert.deepEqual(problems(deploymentKind, deployment({ template: annotated })), [
    'spec.template.annotations[segue.dev/release]: Unsupported value: "No": supported values: "Observed", "Drained", "None"',
  ]);
});

test('numbers are in range', () => {
  assert.deepEqual(
    problems(deploymentKind, deployment({ replicas: -1, minReadySeconds: 600, revisionHistoryLimit: -1 })),
    [
      'spec.replicas: Invalid value: -1: must be greater than or equal to 0',
      'spec.revisionHistoryLimit: Invalid value: -1: must be greater than or equal to 0',
      'spec.progressDeadlineSeconds: Invalid value: 600: must be greater than minReadySeconds',
    ],
  );
});

test('a rolling update can go on: its bounds are not both zero, and are percentages or counts', () => {
  assert.deepEqual(rolling(1, 0), []);
  assert.deepEqual(rolling('150%', '100%'), []);
  assert.deepEqual(rolling('0%', 0), [
    'spec.strategy.rollingUpdate.maxUnavailable: Invalid value: 0: may not be 0 when `maxSurge` is 0',
  ]);
  assert.deepEqual(rolling(1, '101%'), [
    'spec.strategy.rollingUpdate.maxUnavailable: Invalid value: "101%": must not be greater than 100%',
  ]);
  assert.deepEqual(rolling(-1, 0), [
    'spec.strategy.rollingUpdate.maxSurge: Invalid value: -1: must be greater than or equal to 0',
  ]);
  assert.match(rolling('many', 0).join(), /maxSurge: Invalid value: "many": a valid percent string must be/);
});

test('the strategy is known, and Recreate has no bounds', () => {
  const odd = deployment({ strategy: { type: 'Rainbow' as 'Recreate' } });
  assert.deepEqual(problems(deploymentKind, odd), [
    'spec.strategy.type: Unsupported value: "Rainbow": supported values: "Recreate", "RollingUpdate"',
  ]);
  assert.deepEqual(problems(deploymentKind, deployment({ strategy: { type: 'Recreate', rollingUpdate: {} } })), [
    "spec.strategy.rollingUpdate: Forbidden: may not be specified when strategy `type` is 'Recreate'",
  ]);
});

test('the selector stays as it was made', () => {
  const changed = deployment({ selector: { matchLabels: { app: 'api' } } });
  assert.deepEqual(stepProblems(deploymentKind, changed, deployment()), [
    'spec.selector: Invalid value: {"matchLabels":{"app":"api"}}: field is immutable',
  ]);
  assert.deepEqual(stepProblems(deploymentKind, deployment({ replicas: 5 }), deployment()), []);
});

test('a row shows what kubectl shows', () => {
  const object = created(deploymentKind, deployment({ replicas: 4 }));
  object.status = { replicas: 5, readyReplicas: 3, updatedReplicas: 2, availableReplicas: 3 };
  assert.deepEqual(cells(deploymentKind, object), {
    Name: 'web',
    Ready: '3/4',
    'Up-to-date': 2,
    Available: 3,
    Age: '5m12s',
    Containers: 'app',
    Images: 'nginx:1.29',
    Selector: 'app=web',
  });
});

test('scale reads and writes the replicas', () => {
  const object = created(deploymentKind, deployment());
  deploymentKind.scale?.setReplicas(object, 7);
  assert.equal(deploymentKind.scale?.replicas(object), 7);
  assert.equal(deploymentKind.scale?.statusReplicas(object), 0);
  assert.equal(deploymentKind.scale?.selector(object), 'app=web');
});
