import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { tempDir } from '../../test/support/tempdir.ts';
import { runProgram } from './program.ts';

const SMALL = ['--replicas', '2', '--ready', '500ms', '--stop', '1s', '--sleeps', '0,3', '--seeds', '1'];

async function simulate(...args: string[]): Promise<{ code: number; out: string; err: string }> {
  const [out, err]: [string[], string[]] = [[], []];
  const code = await runProgram(['node', 'segue', 'simulate', ...args], {
    out: (text) => out.push(text),
    err: (text) => err.push(text),
  });
  return { code, out: out.join(''), err: err.join('') };
}

test('a simulation is one table with a line for each sleep and the gate, and a drawing where one is asked for', async () => {
  await using temp = await tempDir();
  const svg = join(temp.path, 'pods.svg');
  const { code, out, err } = await simulate(...SMALL, '--svg', svg);
  assert.deepEqual([code, err], [0, '']);
  const lines = out.trimEnd().split('\n');
  assert.deepEqual(
    lines.map((line) => line.split(/ {3,}/)[0]),
    ['STRATEGY', 'no sleep', 'sleep 3 s', 'gate'],
  );
  assert.match(await readFile(svg, 'utf8'), /^<svg .*<\/svg>\n$/s);
});

test('the same seed gives the same output byte for byte', async () => {
  const first = await simulate(...SMALL, '-o', 'json');
  assert.equal(JSON.parse(first.out).replicas, 2);
  assert.deepEqual(await simulate(...SMALL, '-o', 'json'), first);
});

test('options may stand in a file, and those of the command line stand above it', async () => {
  await using temp = await tempDir();
  const file = join(temp.path, 'options.yaml');
  await writeFile(file, 'replicas: 4\nready: 500ms\nstop: 1s\nsleeps: [0]\nseeds: 1\n');
  const { out } = await simulate('-f', file, '--replicas', '1', '-o', 'json');
  const { replicas, strategies } = JSON.parse(out);
  assert.equal(replicas, 1);
  assert.deepEqual(
    strategies.map(({ name }: { name: string }) => name),
    ['no sleep', 'gate'],
  );
});

test('a large cluster is measured instead when its size is given', async () => {
  const { code, out } = await simulate('--scale', '2x100', '-o', 'json');
  const { nodes, pods, consumers } = JSON.parse(out);
  assert.deepEqual([code, nodes, pods, consumers], [0, 2, 100, 2]);
});

const REFUSED: Record<string, [string[], RegExp]> = {
  'a rollout that cannot move': [['--surge', '0', '--unavailable', '0'], /surge and unavailable are both 0/],
  'more replicas than the nodes hold': [['--replicas', '400'], /^segue: Cannot place 500 pods on 3 nodes/],
  'a negative time': [['--ready', '-2s'], /^segue: Cannot read --ready -2s: need a time/],
  'an unknown application': [['--app', 'dies'], /^segue: Cannot read --app dies: need one of closes/],
  'an unknown delay': [['--lag', 'soon'], /^segue: Cannot read --lag soon: need a time/],
  'a sleep that is no number': [['--sleeps', '5,x'], /^segue: Cannot read --sleeps x: need a whole number/],
  'a size that is none': [['--scale', 'large'], /^segue: Cannot simulate a cluster of large: need NODESxPODS/],
  'a rollout in a large cluster': [
    ['--scale', '2x10', '--replicas', '3'],
    /^segue: Cannot use --replicas with --scale/,
  ],
  'a file that is not there': [['-f', '/none.yaml'], /^segue: Cannot read \/none.yaml: /],
};

for (const [what, [args, message]] of Object.entries(REFUSED)) {
  test(`${what} is refused with one line`, async () => {
    const { code, out, err } = await simulate(...args);
    assert.deepEqual([code, out], [1, '']);
    assert.match(err, message);
    assert.equal(err.indexOf('\n'), err.length - 1);
  });
}

test('an unknown option in a file is refused, and so is a file that is a list', async () => {
  await using temp = await tempDir();
  const file = join(temp.path, 'options.yaml');
  await writeFile(file, 'colour: red\n');
  assert.match((await simulate('-f', file)).err, /there is no option colour, need nodes, /);
  await writeFile(file, '- replicas\n');
  assert.match((await simulate('-f', file)).err, /need options as "name: value"/);
});
