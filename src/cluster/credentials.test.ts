import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { copyFile, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { tempDir } from '../../test/support/tempdir.ts';
import { type Credentials, loadCredentials } from './credentials.ts';
import { ClusterError } from './errors.ts';
import { openStateFolder, type StateFolder } from './statefolder.ts';

const NOW = Date.UTC(2026, 0, 1);
const DAY_MS = 86_400_000;

async function withFolder(run: (folder: StateFolder, first: Credentials) => Promise<void>): Promise<void> {
  await using temp = await tempDir();
  const folder = await openStateFolder(temp.path);
  await run(folder, await loadCredentials(folder, NOW));
}

/** Both certificates fit their keys and are of the authority that clients are told. */
function assertWhole({ authorityPem, server, admin }: Credentials): void {
  const authority = new X509Certificate(authorityPem);
  for (const { certificatePem } of [server, admin]) {
    assert.equal(new X509Certificate(certificatePem).verify(authority.publicKey), true);
  }
}

test('certificates are made at the first start, for their owner alone, and are the same at the next', async () => {
  await withFolder(async (folder, first) => {
    assertWhole(first);
    const files = (await readdir(folder.pki)).sort();
    assert.deepEqual(files, ['admin.crt', 'admin.key', 'apiserver.crt', 'apiserver.key', 'ca.crt', 'ca.key']);
    for (const file of files) assert.equal((await stat(join(folder.pki, file))).mode & 0o777, 0o600);
    assert.deepEqual(await loadCredentials(folder, NOW + DAY_MS), first);
  });
});

test('the administrator is kubernetes-admin of the group that may do everything', async () => {
  await withFolder(async (_folder, { admin }) => {
    assert.equal(new X509Certificate(admin.certificatePem).subject, 'O=system:masters\nCN=kubernetes-admin');
  });
});

test('a pair that was half written is made anew, the others stay', async () => {
  await withFolder(async (folder, first) => {
    await rm(join(folder.pki, 'admin.crt'));
    const next = await loadCredentials(folder, NOW);
    assertWhole(next);
    assert.equal(next.authorityPem, first.authorityPem);
    assert.deepEqual(next.server, first.server);
    assert.notEqual(next.admin.keyPem, first.admin.keyPem);
    assert.deepEqual(await loadCredentials(folder, NOW), next);
  });
});

test('a new key beside an old certificate is no pair and is made anew', async () => {
  await withFolder(async (folder, first) => {
    await copyFile(join(folder.pki, 'apiserver.key'), join(folder.pki, 'admin.key'));
    const next = await loadCredentials(folder, NOW);
    assert.notEqual(next.admin.certificatePem, first.admin.certificatePem);
    assert.notEqual(next.admin.keyPem, first.server.keyPem);
    assertWhole(next);
  });
});

test('a new authority signs everything anew', async () => {
  await withFolder(async (folder, first) => {
    await rm(join(folder.pki, 'ca.key'));
    const next = await loadCredentials(folder, NOW);
    assert.notEqual(next.authorityPem, first.authorityPem);
    assertWhole(next);
  });
});

test('certificates that are about to end are renewed under the same authority', async () => {
  await withFolder(async (folder, first) => {
    assert.deepEqual(await loadCredentials(folder, NOW + 300 * DAY_MS), first);
    const later = NOW + 350 * DAY_MS;
    const next = await loadCredentials(folder, later);
    assert.equal(next.authorityPem, first.authorityPem);
    assertWhole(next);
    for (const { certificatePem } of [next.server, next.admin]) {
      assert.ok(new X509Certificate(certificatePem).validToDate.getTime() > later + 300 * DAY_MS);
    }
  });
});

test('a damaged certificate is refused by name with what to do', async () => {
  await withFolder(async (folder) => {
    await writeFile(join(folder.pki, 'ca.crt'), 'no certificate');
    await assert.rejects(loadCredentials(folder, NOW), (error) => {
      return (
        error instanceof ClusterError && /ca\.crt or ca\.key is damaged .*need both files removed$/.test(error.message)
      );
    });
  });
});
