import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { checkSchema } from './check.ts';
import { schemaOf } from './schema.ts';
import type { Schema } from './shape.ts';

const deployment = schemaOf('apps/v1', 'Deployment')!;
const pod = schemaOf('v1', 'Pod')!;

function web(container: Record<string, unknown> = {}, spec: Record<string, unknown> = {}) {
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'web' },
    spec: {
      selector: { matchLabels: { app: 'web' } },
      template: {
        metadata: { labels: { app: 'web' } },
        spec: { containers: [{ name: 'web', image: 'nginx', ...container }] },
      },
      ...spec,
    },
  };
}

function problems(schema: Schema, object: unknown) {
  const { unknownFields, typeErrors, causes } = checkSchema(schema, object);
  return { unknownFields, typeErrors, causes };
}

const none = { unknownFields: [], typeErrors: [], causes: [] };

describe('checkSchema', () => {
  test('finds nothing wrong with a complete Deployment', () => {
    const resources = { requests: { cpu: '100m', memory: '64Mi', 'example.com/gpu': 1 } };
    const livenessProbe = { httpGet: { port: 'http', path: '/' } };
    assert.deepEqual(problems(deployment, web({ resources, livenessProbe })), none);
  });

  test('names unknown fields by their whole path', () => {
    const object = { ...web({ imagePullPolicyy: 'Always' }, { replica: 3 }), extra: 1 };
    assert.deepEqual(problems(deployment, object).unknownFields.sort(), [
      'extra',
      'spec.replica',
      'spec.template.spec.containers[0].imagePullPolicyy',
    ]);
  });

  test('tells a wrong JSON type in the words of the decoder', () => {
    const env = [{ name: 'A', value: 1 }];
    assert.deepEqual(problems(deployment, web({ env }, { replicas: 'three' })).typeErrors, [
      'json: cannot unmarshal number into Go struct field EnvVar.spec.template.spec.containers.env.value of type string',
      'json: cannot unmarshal string into Go struct field DeploymentSpec.spec.replicas of type int32',
    ]);
  });

  for (const [name, object, message] of [
    [
      'an object instead of a list',
      { spec: { containers: {} } },
      'object into Go struct field PodSpec.spec.containers of type []v1.Container',
    ],
    ['a list instead of an object', { spec: [] }, 'array into Go struct field Pod.spec of type v1.PodSpec'],
    ['a fraction', { spec: { priority: 1.5 } }, 'number 1.5 into Go struct field PodSpec.spec.priority of type int32'],
    [
      'a number out of range',
      { spec: { priority: 2 ** 31 } },
      'number 2147483648 into Go struct field PodSpec.spec.priority of type int32',
    ],
    [
      'a string for a boolean',
      { spec: { hostNetwork: 'yes' } },
      'string into Go struct field PodSpec.spec.hostNetwork of type bool',
    ],
    [
      'a label that is a number',
      { metadata: { labels: { a: 1 } } },
      'number into Go struct field ObjectMeta.metadata.labels of type string',
    ],
    [
      'labels that are a list',
      { metadata: { labels: [] } },
      'array into Go struct field ObjectMeta.metadata.labels of type map[string]string',
    ],
    [
      'a named string type',
      { spec: { dnsPolicy: 1 } },
      'number into Go struct field PodSpec.spec.dnsPolicy of type v1.DNSPolicy',
    ],
    ['no object at all', 'pod', 'string into Go value of type v1.Pod'],
  ] as const) {
    test(`tells of ${name}`, () => {
      const typeErrors = [`json: cannot unmarshal ${message}`];
      assert.deepEqual(checkSchema(pod, object).typeErrors, typeErrors);
    });
  }

  for (const [name, object, message] of [
    [
      'a quantity without a number',
      { spec: { overhead: { cpu: 'much' } } },
      "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'",
    ],
    ['a quantity with a wrong suffix', { spec: { overhead: { cpu: '1mm' } } }, "unable to parse quantity's suffix"],
    [
      'a time that is none',
      { metadata: { deletionTimestamp: 'now' } },
      'parsing time "now" as "2006-01-02T15:04:05Z07:00": cannot parse "now" as "2006"',
    ],
    [
      'a time without a zone',
      { metadata: { deletionTimestamp: '2026-01-02T03:04:05' } },
      'parsing time "2026-01-02T03:04:05" as "2006-01-02T15:04:05Z07:00": cannot parse "" as "Z07:00"',
    ],
    [
      'a port that is a boolean',
      { spec: { containers: [{ name: 'a', livenessProbe: { httpGet: { port: true } } }] } },
      'json: cannot unmarshal bool into Go value of type int32',
    ],
  ] as const) {
    test(`tells of ${name} as the type itself does`, () => {
      assert.deepEqual(checkSchema(pod, object).typeErrors, [message]);
    });
  }

  test('wants base64 where bytes stand', () => {
    const secret = schemaOf('v1', 'Secret')!;
    assert.deepEqual(checkSchema(secret, { data: { good: 'aGVsbG8=', empty: '' } }).typeErrors, []);
    assert.deepEqual(checkSchema(secret, { data: { bad: 'a-b=' } }).typeErrors, [
      'illegal base64 data at input byte 1',
    ]);
  });

  test('asks for what is required, with the path of the missing field', () => {
    const object = web({ name: undefined, ports: [{ name: 'http' }] }, { selector: null });
    assert.deepEqual(checkSchema(deployment, object).causes, [
      {
        reason: 'FieldValueRequired',
        message: 'Required value',
        field: 'spec.template.spec.containers[0].ports[0].containerPort',
      },
      { reason: 'FieldValueRequired', message: 'Required value', field: 'spec.template.spec.containers[0].name' },
      { reason: 'FieldValueRequired', message: 'Required value', field: 'spec.selector' },
    ]);
  });

  test('lists the values an enum supports', () => {
    assert.deepEqual(checkSchema(deployment, web({ imagePullPolicy: 'Sometimes' })).causes, [
      {
        reason: 'FieldValueNotSupported',
        message: 'Unsupported value: "Sometimes": supported values: "Always", "IfNotPresent", "Never"',
        field: 'spec.template.spec.containers[0].imagePullPolicy',
      },
    ]);
  });

  test('takes null and the empty enum value as absent', () => {
    const object = web({ imagePullPolicy: '', ports: null }, { replicas: null, strategy: null });
    assert.deepEqual(problems(deployment, object), none);
  });

  test('asks for nothing inside status, but knows its fields and types', () => {
    const status = { phase: 'Odd', containerStatuses: [{ name: 'web', restartCount: 'one', odd: 1 }] };
    assert.deepEqual(problems(pod, { spec: { containers: [] }, status }), {
      unknownFields: ['status.containerStatuses[0].odd'],
      typeErrors: [
        'json: cannot unmarshal string into Go struct field ContainerStatus.status.containerStatuses.restartCount of type int32',
      ],
      causes: [],
    });
  });

  test('lets an EndpointSlice be without endpoints', () => {
    assert.deepEqual(problems(schemaOf('discovery.k8s.io/v1', 'EndpointSlice')!, { addressType: 'IPv4' }), none);
  });

  test('lets anything stand where a CustomResourceDefinition holds a value of any form', () => {
    const crd = schemaOf('apiextensions.k8s.io/v1', 'CustomResourceDefinition')!;
    const openAPIV3Schema = {
      type: 'object',
      properties: { a: { type: 'array', items: { type: 'string' }, default: [{ x: 1 }] } },
    };
    const version = { name: 'v1', served: true, storage: true, schema: { openAPIV3Schema } };
    const spec = { group: 'g', scope: 'Namespaced', names: { plural: 'as', kind: 'A' }, versions: [version] };
    assert.deepEqual(problems(crd, { spec }), none);
    const unknown = { ...version, schema: { openAPIV3Schema: { properties: { a: { typ: 'array' } } } } };
    assert.deepEqual(problems(crd, { spec: { ...spec, versions: [unknown] } }).unknownFields, [
      'spec.versions[0].schema.openAPIV3Schema.properties.a.typ',
    ]);
  });

  test('keeps unknown fields where a structural schema says so', () => {
    const schema: Schema = {
      type: 'object',
      properties: {
        spec: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true, properties: { n: { type: 'integer' } } },
      },
    };
    assert.deepEqual(problems(schema, { spec: { other: 1, n: 'a' } }), {
      unknownFields: [],
      typeErrors: ['json: cannot unmarshal string into Go struct field .spec.n of type int64'],
      causes: [],
    });
  });
});
