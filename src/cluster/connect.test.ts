import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { tempDir } from '../../test/support/tempdir.ts';
import { connect } from './connect.ts';

const CONTEXT = 'current-context: c\ncontexts: [{ name: c, context: { cluster: k, user: u } }]\n';
const CLUSTER = 'clusters: [{ name: k, cluster: { server: "https://127.0.0.1:1" } }]\n';

const REFUSED: Record<string, [string, RegExp]> = {
  'nothing in it': ['', /its current context names no server, need one that does$/],
  'no such context': [`current-context: x\n${CLUSTER}`, /its current context names no server/],
  'broken YAML': ['clusters: [', /^Cannot read the kubeconfig .*, need a kubeconfig in YAML$/],
  'no client certificate': [
    `${CONTEXT}${CLUSTER}users: [{ name: u, user: { token: t } }]\n`,
    /its user has no client certificate/,
  ],
  'a certificate that is not there': [
    `${CONTEXT}${CLUSTER}users: [{ name: u, user: { client-certificate: none.crt, client-key: none.key } }]\n`,
    /its client-certificate cannot be read \(ENOENT.*none\.crt'\), need that file$/,
  ],
};

for (const [what, [text, message]] of Object.entries(REFUSED)) {
  test(`a kubeconfig with ${what} is refused in one line`, async () => {
    await using temp = await tempDir();
    const path = join(temp.path, 'kubeconfig');
    await writeFile(path, text);
    await assert.rejects(connect(path), { name: 'ClusterError', message });
  });
}

test('a kubeconfig that is not there is refused by its path', async () => {
  await assert.rejects(connect('/none'), {
    name: 'ClusterError',
    message: /^Cannot read the kubeconfig \/none: ENOENT/,
  });
});

test('files that a kubeconfig names are found beside it', async () => {
  await using temp = await tempDir();
  const path = join(temp.path, 'kubeconfig');
  const user = 'users: [{ name: u, user: { client-certificate: a.crt, client-key: a.key } }]\n';
  await writeFile(path, `${CONTEXT}${CLUSTER}${user}`);
  for (const file of ['a.crt', 'a.key']) await writeFile(join(temp.path, file), 'pem');
  await (await connect(path)).close();
});
