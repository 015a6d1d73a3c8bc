import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import { schemaOf } from '../schema/schema.ts';
import { isStatus } from '../status.ts';
import { strategicMergePatch } from './strategic.ts';

type Json = Record<string, unknown>;

function patched(apiVersion: string, kind: string, options: { current: Json; patch: unknown }): Json {
  const before = structuredClone(options);
  const result = strategicMergePatch(options.current, options.patch, schemaOf(apiVersion, kind)!);
  assert.deepEqual(options, before, 'the inputs are unchanged');
  return result;
}

/** The containers of a Pod after a patch of its spec. */
function podSpec(current: Json, patch: Json): unknown {
  return patched('v1', 'Pod', { current: { spec: current }, patch: { spec: patch } })['spec'];
}

function refused(current: Json, patch: Json, message: RegExp): void {
  assert.throws(
    () => podSpec(current, patch),
    (error) => isStatus(error, 'BadRequest', 'Invalid') && message.test(error.message),
  );
}

const a = { name: 'a', image: 'a:1' };
const b = { name: 'b', image: 'b:1' };
const c = { name: 'c', image: 'c:1' };

describe('objects', () => {
  test('merge, and null removes a field', () => {
    const current = { metadata: { name: 'x', labels: { a: '1', b: '2' }, annotations: { c: '3' } } };
    const patch = { metadata: { labels: { a: null, c: '3' }, annotations: null } };
    assert.deepEqual(patched('v1', 'Pod', { current, patch }), { metadata: { name: 'x', labels: { b: '2', c: '3' } } });
  });

  test('drop nulls where there was nothing', () => {
    assert.deepEqual(podSpec({}, { securityContext: { runAsUser: null, fsGroup: 1 }, nodeName: null }), {
      securityContext: { fsGroup: 1 },
    });
  });

  test('with $patch: replace are replaced whole', () => {
    const current = { nodeSelector: { a: '1', b: '2' } };
    assert.deepEqual(podSpec(current, { nodeSelector: { $patch: 'replace', c: '3' } }), { nodeSelector: { c: '3' } });
  });

  test('with $patch: delete become empty', () => {
    assert.deepEqual(podSpec({ nodeSelector: { a: '1' } }, { nodeSelector: { $patch: 'delete' } }), {
      nodeSelector: {},
    });
  });

  test('with $patch: merge merge', () => {
    const patch = { nodeSelector: { $patch: 'merge', b: '2' } };
    assert.deepEqual(podSpec({ nodeSelector: { a: '1' } }, patch), { nodeSelector: { a: '1', b: '2' } });
  });

  test('with $patch are nothing where there was nothing', () => {
    assert.deepEqual(podSpec({ nodeName: 'n' }, { nodeSelector: { $patch: 'replace', a: '1' } }), { nodeName: 'n' });
  });

  test('with an unknown $patch are refused', () => {
    refused({ nodeSelector: {} }, { nodeSelector: { $patch: 'add' } }, /unknown patch type: add/);
  });
});

describe('lists with a merge key', () => {
  test('merge elements of the same key and take in new ones', () => {
    const patch = { containers: [{ name: 'b', image: 'b:2' }, c] };
    assert.deepEqual(podSpec({ containers: [a, { ...b, tty: true }] }, patch), {
      containers: [a, { name: 'b', image: 'b:2', tty: true }, c],
    });
  });

  test('have new elements before those that only the server has', () => {
    assert.deepEqual(podSpec({ containers: [a] }, { containers: [b] }), { containers: [b, a] });
  });

  test('put the elements of the patch in the order of the patch', () => {
    const patch = { containers: [{ name: 'c' }, { name: 'a' }] };
    assert.deepEqual(podSpec({ containers: [a, b, c] }, patch), { containers: [b, c, a] });
  });

  test('merge inside their elements by their own keys', () => {
    const env = [
      { name: 'A', value: '1' },
      { name: 'B', value: '2' },
    ];
    const patch = {
      containers: [
        {
          name: 'a',
          env: [
            { name: 'B', value: '3' },
            { name: 'C', value: '4' },
          ],
        },
      ],
    };
    assert.deepEqual(podSpec({ containers: [{ ...a, env }] }, patch), {
      containers: [{ ...a, env: [env[0], { name: 'B', value: '3' }, { name: 'C', value: '4' }] }],
    });
  });

  test('lose the elements that $patch: delete names', () => {
    const patch = {
      containers: [
        { name: 'b', $patch: 'delete' },
        { name: 'z', $patch: 'delete' },
      ],
    };
    assert.deepEqual(podSpec({ containers: [a, b, c] }, patch), { containers: [a, c] });
  });

  test('are replaced whole by $patch: replace', () => {
    assert.deepEqual(podSpec({ containers: [a, b] }, { containers: [c, { $patch: 'replace' }] }), { containers: [c] });
    assert.deepEqual(podSpec({ containers: [a, b] }, { containers: [{ $patch: 'replace' }] }), { containers: [] });
  });

  test('that are new come without directives and nulls', () => {
    const patch = {
      containers: [
        { ...a, tty: null },
        { name: 'b', $patch: 'delete' },
      ],
      $retainKeys: ['containers'],
    };
    assert.deepEqual(podSpec({}, patch), { containers: [a] });
  });

  test('get new elements without directives and nulls', () => {
    const added = {
      ...b,
      stdin: null,
      '$setElementOrder/ports': [{ containerPort: 80 }],
      ports: [{ containerPort: 80 }],
    };
    assert.deepEqual(podSpec({ containers: [a] }, { containers: [added] }), {
      containers: [{ ...b, ports: [{ containerPort: 80 }] }, a],
    });
  });

  test('use the key that the schema names', () => {
    const current = {
      spec: {
        ports: [
          { port: 80, name: 'http' },
          { port: 443, name: 'https' },
        ],
      },
    };
    const patch = { spec: { ports: [{ port: 443, targetPort: 8443 }] } };
    assert.deepEqual(patched('v1', 'Service', { current, patch }), {
      spec: {
        ports: [
          { port: 80, name: 'http' },
          { port: 443, name: 'https', targetPort: 8443 },
        ],
      },
    });
  });

  test('refuse elements without the key', () => {
    refused({ containers: [a] }, { containers: [{ image: 'x' }] }, /does not contain declared merge key: name/);
    refused({ containers: [a] }, { containers: [{ $patch: 'delete' }] }, /does not contain declared merge key: name/);
  });

  test('refuse elements of two sorts', () => {
    refused({ containers: [a] }, { containers: ['b'] }, /list element types are not identical/);
  });
});

describe('lists without a merge key', () => {
  test('of scalars with strategy merge are united, new elements before those that only the server has', () => {
    const current = { metadata: { finalizers: ['a', 'b', 'c'] } };
    const patch = { metadata: { finalizers: ['d', 'b'] } };
    assert.deepEqual(patched('v1', 'Pod', { current, patch }), { metadata: { finalizers: ['d', 'a', 'b', 'c'] } });
  });

  test('without a strategy are replaced', () => {
    const patch = { containers: [{ name: 'a', command: ['b'] }], tolerations: [{ key: 'new' }] };
    assert.deepEqual(podSpec({ containers: [{ ...a, command: ['x', 'y'] }], tolerations: [{ key: 'old' }] }, patch), {
      containers: [{ ...a, command: ['b'] }],
      tolerations: [{ key: 'new' }],
    });
  });

  test('lose what $deleteFromPrimitiveList names', () => {
    const current = { metadata: { finalizers: ['a', 'b', 'c'] } };
    const patch = { metadata: { '$deleteFromPrimitiveList/finalizers': ['b', 'z'], finalizers: ['d'] } };
    assert.deepEqual(patched('v1', 'Pod', { current, patch }), { metadata: { finalizers: ['d', 'a', 'c'] } });
    const nothing = { metadata: { '$deleteFromPrimitiveList/finalizers': ['b'] } };
    assert.deepEqual(patched('v1', 'Pod', { current: { metadata: {} }, patch: nothing }), { metadata: {} });
  });
});

describe('$setElementOrder', () => {
  const order = (...names: string[]) => names.map((name) => ({ name }));

  test('orders the elements it names', () => {
    const patch = { '$setElementOrder/containers': order('c', 'a', 'b') };
    assert.deepEqual(podSpec({ containers: [a, b, c] }, patch), { containers: [c, a, b] });
  });

  test('keeps what only the server has where it was', () => {
    const side = { name: 'side', image: 's' };
    const patch = { '$setElementOrder/containers': order('a', 'b', 'c'), containers: [c] };
    assert.deepEqual(podSpec({ containers: [a, side, b] }, patch), { containers: [a, side, b, c] });
    const swapped = { '$setElementOrder/containers': order('b', 'a') };
    assert.deepEqual(podSpec({ containers: [a, side, b] }, swapped), { containers: [side, b, a] });
  });

  test('orders while elements are added, changed and deleted', () => {
    const patch = {
      '$setElementOrder/containers': order('c', 'a'),
      containers: [c, { name: 'a', image: 'a:2' }, { name: 'b', $patch: 'delete' }],
    };
    assert.deepEqual(podSpec({ containers: [a, b] }, patch), { containers: [c, { name: 'a', image: 'a:2' }] });
  });

  test('orders a list that is new', () => {
    const patch = { '$setElementOrder/containers': order('a', 'b'), containers: [a, b] };
    assert.deepEqual(podSpec({}, patch), { containers: [a, b] });
  });

  test('orders lists of scalars', () => {
    const current = { metadata: { finalizers: ['a', 'b', 'x'] } };
    const patch = {
      metadata: {
        '$setElementOrder/finalizers': ['c', 'b'],
        '$deleteFromPrimitiveList/finalizers': ['a'],
        finalizers: ['c'],
      },
    };
    assert.deepEqual(patched('v1', 'Pod', { current, patch }), { metadata: { finalizers: ['c', 'b', 'x'] } });
  });

  test('does nothing for a list that is nowhere', () => {
    assert.deepEqual(podSpec({}, { '$setElementOrder/containers': order('a') }), {});
  });

  test('refuses a patch whose elements it does not name in the same order', () => {
    const containers = [a, b];
    refused({ containers }, { '$setElementOrder/containers': order('b', 'a'), containers }, /order in patch list/);
    refused({ containers }, { '$setElementOrder/containers': order('a'), containers }, /order in patch list/);
    refused({ containers }, { '$setElementOrder/containers': 'a' }, /invalid patch format of setElementOrder list/);
  });
});

describe('$retainKeys', () => {
  const current = { spec: { strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: 1 } } } };
  const apply = (strategy: Json) => patched('apps/v1', 'Deployment', { current, patch: { spec: { strategy } } });

  test('clears the fields it does not list', () => {
    assert.deepEqual(apply({ $retainKeys: ['type'], type: 'Recreate' }), { spec: { strategy: { type: 'Recreate' } } });
  });

  test('keeps the fields it lists', () => {
    assert.deepEqual(apply({ $retainKeys: ['type', 'rollingUpdate'], type: 'RollingUpdate' }), current);
  });

  test('works in the elements of a list', () => {
    const volumes = [{ name: 'v', emptyDir: {} }];
    const patch = { volumes: [{ $retainKeys: ['name', 'configMap'], name: 'v', configMap: { name: 'c' } }] };
    assert.deepEqual(podSpec({ volumes }, patch), { volumes: [{ name: 'v', configMap: { name: 'c' } }] });
  });

  test('refuses a patch with fields that it does not list', () => {
    const message = /invalid patch format of retainKeys/;
    assert.throws(() => apply({ $retainKeys: ['type'], rollingUpdate: {} }), message);
    assert.throws(() => apply({ $retainKeys: 'type' }), message);
  });
});

test('what kubectl apply sends when an image and an environment variable change', () => {
  const env = [
    { name: 'VERSION', value: '1' },
    { name: 'ADDED_BY_OTHERS', value: 'x' },
  ];
  const spec = {
    replicas: 3,
    template: { spec: { containers: [{ ...a, env, imagePullPolicy: 'Always' }], dnsPolicy: 'ClusterFirst' } },
  };
  const container = {
    '$setElementOrder/env': [{ name: 'VERSION' }],
    env: [{ name: 'VERSION', value: '2' }],
    image: 'a:2',
    name: 'a',
  };
  const patch = {
    metadata: { annotations: { 'kubectl.kubernetes.io/last-applied-configuration': '{}' } },
    spec: { template: { spec: { '$setElementOrder/containers': [{ name: 'a' }], containers: [container] } } },
  };
  assert.deepEqual(patched('apps/v1', 'Deployment', { current: { metadata: { name: 'web' }, spec }, patch }), {
    metadata: { name: 'web', annotations: { 'kubectl.kubernetes.io/last-applied-configuration': '{}' } },
    spec: {
      replicas: 3,
      template: {
        spec: {
          containers: [
            { name: 'a', image: 'a:2', env: [{ name: 'VERSION', value: '2' }, env[1]], imagePullPolicy: 'Always' },
          ],
          dnsPolicy: 'ClusterFirst',
        },
      },
    },
  });
});

test('new elements take the places of deleted ones among those that only the server has', () => {
  const d = { name: 'd', image: 'd:1' };
  const patch = {
    '$setElementOrder/containers': [{ name: 'd' }],
    containers: [d, { name: 'a', $patch: 'delete' }],
  };
  assert.deepEqual(podSpec({ containers: [a, b, c] }, patch), { containers: [b, c, d] });
});

test('random patches give what kubectl makes of them, order included', () => {
  const lines = readFileSync(new URL('strategic.golden.jsonl', import.meta.url), 'utf8')
    .trim()
    .split('\n');
  const schema = schemaOf('v1', 'Pod')!;
  for (const [at, line] of lines.entries()) {
    const { current, patch, result } = JSON.parse(line) as { current: Json; patch: Json; result: Json };
    assert.deepEqual(strategicMergePatch(current, patch, schema), result, `case ${at + 1}`);
  }
  assert.equal(lines.length, 80);
});
