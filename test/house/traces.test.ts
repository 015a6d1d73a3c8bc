import assert from 'node:assert/strict';
import { test } from 'node:test';
import { traces } from './traces.ts';
import { lines, projectFiles } from './tree.ts';

const found = (text: string, path = 'a.md') => traces({ path, text }).length;

test('no file of the project names a path of one machine or a package registry', () => {
  const itself = 'test/house/traces';
  const files = projectFiles(/(\.(ts|js|json|md|ya?ml|sh|npmrc)|\/run)$/).filter(
    ({ path }) => !path.startsWith(itself),
  );
  assert.ok(files.some(({ path }) => path === 'package-lock.json') && files.some(({ path }) => path === '.npmrc'));
  assert.deepEqual(lines(files.flatMap(traces)), []);
});

test('paths of one machine are found, general ones are let be', () => {
  assert.equal(found('see /home/ann/segue and\n/work/x/y and\n/Users/ann/z'), 3);
  assert.equal(found('/var/run/segue, ~/.kube/config, $HOME/work/x, src/home/a/b, /apis/work/v1'), 0);
});

test('registries are found in every spelling, and so is where a locked package was fetched', () => {
  assert.equal(found('registry=https://packages.example/\nnpm ci --registry x\nhttps://registry.npmjs.org/yaml'), 3);
  assert.equal(found('"resolved": "https://packages.example/yaml.tgz"', 'package-lock.json'), 1);
  assert.equal(found('image: registry.k8s.io/pause:3.10'), 0);
});
