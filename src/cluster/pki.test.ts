import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { test } from 'node:test';
import { createAuthority, issueClient, issueServer, loadAuthority } from './pki.ts';

const nowMs = Date.UTC(2026, 5, 1);

test('a server certificate is signed by the authority and names the host and its addresses', async () => {
  const authority = await createAuthority({ commonName: 'segue-ca', nowMs });
  const server = new X509Certificate((await issueServer(authority, { commonName: 'segue', nowMs })).certificatePem);
  const root = new X509Certificate(authority.certificatePem);
  assert.ok(server.verify(root.publicKey));
  assert.ok(server.checkIssued(root));
  assert.equal(root.ca, true);
  assert.equal(server.ca, false);
  assert.equal(server.checkHost('localhost'), 'localhost');
  assert.equal(server.checkIP('127.0.0.1'), '127.0.0.1');
  assert.equal(server.checkIP('::1'), '::1');
});

test('a client certificate carries the user and the groups, special characters included', async () => {
  const authority = await createAuthority({ commonName: 'segue-ca', nowMs });
  const issued = await issueClient(authority, { commonName: 'a,b=c', organizations: ['system:masters', 'two'], nowMs });
  const { O, CN } = new X509Certificate(issued.certificatePem).toLegacyObject().subject as unknown as Record<
    string,
    unknown
  >;
  assert.deepEqual(O, ['system:masters', 'two']);
  assert.equal(CN, 'a,b=c');
});

test('an authority that was stored signs as before', async () => {
  const { certificatePem, keyPem } = await createAuthority({ commonName: 'segue-ca', nowMs });
  const loaded = await loadAuthority({ certificatePem, keyPem });
  const client = new X509Certificate((await issueClient(loaded, { commonName: 'admin', nowMs })).certificatePem);
  assert.ok(client.verify(new X509Certificate(certificatePem).publicKey));
});
