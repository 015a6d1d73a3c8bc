import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { pods } from '../../src/api/resources.ts';
import { isPodReady } from '../../src/api/servicepods.ts';
import { podManifest, shContainer } from '../support/manifests.ts';
import { TestCluster } from '../support/testcluster.ts';

const EXAMPLES = join(import.meta.dirname, '../../examples');
const LIMIT = { timeout: 120_000 };

/** What `url` answers to a pod of the cluster, where $NAME is a variable that every container has. */
async function ask(cluster: TestCluster, name: string, url: string): Promise<Record<string, unknown>> {
  const script = `fetch(process.argv[1]).then((answer) => answer.text()).then((text) => console.log(text.trim()))`;
  const container = shContainer(`exec node -e '${script}' "http://${url}"`, { image: 'node' });
  await cluster.ok('apply -f -', podManifest(name, [container], { spec: { restartPolicy: 'Never' } }));
  const pod = await cluster.pod(name, ({ status }) => ['Succeeded', 'Failed'].includes(status?.phase ?? ''));
  const said = await cluster.ok(`logs ${name}`);
  assert.equal(pod.status?.phase, 'Succeeded', said);
  return JSON.parse(said) as Record<string, unknown>;
}

test(
  'the shop comes up as its manifests are, and its front reaches the database through two Services',
  LIMIT,
  async () => {
    await using cluster = await TestCluster.start({ args: ['-f', join(EXAMPLES, 'shop')] });
    await cluster.process.says(/^deployment\.apps\/web created$/m);
    await cluster.process.says(/^Everything is ready after \d+\.\d+ s\.$/m);
    assert.match(await cluster.ok('get deploy'), /^web +4\/4 +4 +4 /m);
    const { api, version } = await ask(cluster, 'asks', '$WEB_SERVICE_HOST/products');
    assert.deepEqual((api as { products: string[] }).products, ['product:tea', 'product:coffee', 'product:cup']);
    assert.equal(version, '1');
    await cluster.ok('set env deploy/web VERSION=2');
    await cluster.ok('rollout status deploy/web --timeout=60s');
    assert.equal((await ask(cluster, 'asks-again', '$WEB_SERVICE_HOST/')).version, '2');
    assert.match(
      await cluster.ok(['apply', '-f', join(EXAMPLES, 'shop/shop.yaml')]),
      /^deployment\.apps\/web configured$/m,
    );
  },
);

test(
  'what articles deploy runs as it is written: a bare pod, a Service, a new image, and hooks that are waited for',
  LIMIT,
  async () => {
    await using cluster = await TestCluster.start({ args: ['-f', join(EXAMPLES, 'articles')] });
    await cluster.process.says(/^Everything is ready after \d+\.\d+ s\.$/m);
    assert.match(await cluster.ok('get svc my-service'), /^my-service +ClusterIP +10\.96\.\d+\.\d+ +<none> +80\/TCP /m);
    assert.equal((await ask(cluster, 'first', '$MY_SERVICE_SERVICE_HOST/')).version, '1.0');

    const deleteOneOf = async (name: string): Promise<number> => {
      const pod = await cluster.until(
        pods,
        (all) => all.find(({ metadata }) => metadata.labels?.['name'] === name)?.metadata.name,
        'default',
      );
      const before = performance.now();
      await cluster.ok(`delete pod ${pod}`);
      return performance.now() - before;
    };
    const update = async () => {
      await cluster.ok(['apply', '-f', join(EXAMPLES, 'articles/changes/deployment-v2.yaml')]);
      await cluster.ok('rollout status deploy/app --timeout=60s');
      assert.equal((await ask(cluster, 'second', '$MY_SERVICE_SERVICE_HOST/')).version, '2.0');
    };
    const stopBySignal = async () => {
      await cluster.pod('my-pod', isPodReady);
      const said = cluster.ok('logs -f my-pod');
      await cluster.ok('delete pod my-pod');
      assert.match(await said, /^SIGQUIT: listener closed$/m);
    };
    const [exec, sleep, http] = await Promise.all([
      deleteOneOf('prestop-exec'),
      deleteOneOf('prestop-sleep'),
      deleteOneOf('prestop-http'),
      update(),
      stopBySignal(),
    ]);
    assert.ok(exec >= 15_000 && exec < 40_000, `sh -c "sleep 15" took ${exec} ms`);
    assert.ok(sleep >= 15_000 && sleep < 40_000, `sleep of 15 seconds took ${sleep} ms`);
    assert.ok(http < 14_000, `a hook that answers at once took ${http} ms`);
  },
);
