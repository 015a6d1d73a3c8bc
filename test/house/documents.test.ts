import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { kubectlPath } from '../../scripts/kubectl.ts';
import { tempDir } from '../support/tempdir.ts';
import { brokenLinks, readmeProblems, scriptsNamed, sessionOf, undecidedSnippets } from './documents.ts';
import { lines, projectFiles, ROOT } from './tree.ts';

const DOCUMENTS = projectFiles(/\.md$/);
const GUIDES = DOCUMENTS.filter(
  ({ path }) => !path.includes('/') || path.startsWith('docs/') || path.startsWith('examples/'),
);
const onDisk = {
  exists: (path: string) => existsSync(join(ROOT, path)),
  read: (path: string) => readFileSync(join(ROOT, path), 'utf8'),
};
const document = (text: string) => ({ path: 'docs/a.md', text });

/** Runs shell lines as a reader would: in the project's folder, with its programs, kubectl and a home of their own. */
async function runSession(session: string): Promise<void> {
  await using home = await tempDir();
  const folders = [join(ROOT, 'node_modules/.bin'), dirname(await kubectlPath()), process.env['PATH']];
  const env = { ...process.env, HOME: home.path, PATH: folders.join(delimiter) };
  await promisify(execFile)('bash', ['-euo', 'pipefail', '-c', session], { cwd: ROOT, env });
}

test('every part of src with code has its one-page README with the five sections', () => {
  assert.deepEqual(lines(readmeProblems(projectFiles(/\.(ts|md)$/, 'src'))), []);
});

test('every link of every document leads somewhere', () => {
  assert.deepEqual(lines(DOCUMENTS.flatMap((file) => brokenLinks(file, onDisk))), []);
});

test('every shell block of the guides is either run or marked as only shown', () => {
  assert.deepEqual(lines(GUIDES.flatMap(undecidedSnippets)), []);
});

test('every package script that a guide names exists', () => {
  const { scripts } = JSON.parse(onDisk.read('package.json')) as { scripts: Record<string, string> };
  for (const { path, text } of GUIDES)
    for (const name of scriptsNamed(text)) assert.ok(scripts[name], `${path}: npm run ${name}`);
});

for (const { path, text } of GUIDES.filter((guide) => sessionOf(guide.text) !== '')) {
  test(`the session of ${path} runs as it is written`, () => runSession(sessionOf(text)));
}

test('a session ends with its first failing line and may use the kubectl of the tests', async () => {
  await runSession('kubectl version --client\ntest -e package.json');
  await assert.rejects(runSession('false\ntrue'), { code: 1 });
  await assert.rejects(runSession('nosuchcommand'), { code: 127 });
});

test('a missing README, a wrong section and a long page are found', () => {
  const code = { path: 'src/gate/a.ts', text: '' };
  const readme = (text: string) => [code, { path: 'src/gate/README.md', text }];
  const good = '# A\n## Purpose\n## Reads\n## Writes\n## Guarantees\n## Start here\n';
  assert.equal(readmeProblems([code]).length, 1);
  assert.equal(readmeProblems(readme(good)).length, 0);
  assert.equal(readmeProblems(readme(good.replace('Writes', 'Changes'))).length, 1);
  assert.equal(readmeProblems(readme(good + '\n'.repeat(60))).length, 1);
});

test('links to files and headings that are not there are found, those in code are let be', () => {
  const broken = (text: string) =>
    brokenLinks(document(text), { exists: (path) => path === 'docs/b.md', read: () => '## Big thing!' }).length;
  assert.equal(broken('[b](b.md) [b](./b.md#big-thing) [web](https://example.com/x)'), 0);
  assert.equal(broken('[c](c.md)'), 1);
  assert.equal(broken('[b](b.md#small-thing)'), 1);
  assert.equal(broken('[up](../../b.md)'), 1);
  assert.equal(broken('```\n[c](c.md)\n```\n`[c](c.md)`'), 0);
});

test('a shell block that says nothing is found, and only the blocks marked as tests are joined', () => {
  const text = '```sh test\na\n```\n```sh shown\nb\n```\n```yaml\nx: 1\n```\n```sh test\nc\n```\n';
  assert.deepEqual(undecidedSnippets(document(text)), []);
  assert.equal(sessionOf(text), 'a\nc');
  assert.equal(undecidedSnippets(document('```sh\na\n```\n```console\nb\n```\n')).length, 2);
});

test('package scripts are found in shell blocks', () => {
  assert.deepEqual(scriptsNamed('```sh shown\nnpm ci && npm start\nnpm run bench\n```\nnpm run prose'), [
    'start',
    'bench',
  ]);
});
