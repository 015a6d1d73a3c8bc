import type { Kind } from '../api/kind.ts';
import { namespaces } from '../api/resources.ts';
import { isStatus } from '../api/status.ts';
import type { KubeObject } from '../api/types/meta.ts';
import { assert } from '../base/assert.ts';
import { SYSTEM_NAMESPACES } from './admission/namespacelifecycle.ts';
import type { Server } from './server.ts';
import { createObject } from './write.ts';

/** Makes the namespaces that every cluster has, as far as they are not there yet. */
export async function bootstrap(server: Server): Promise<void> {
  const kind = server.registry.find(namespaces);
  assert(kind, 'the registry knows namespaces');
  await Promise.all(SYSTEM_NAMESPACES.map((name) => ensureNamespace(server, kind, name)));
}

async function ensureNamespace(server: Server, kind: Kind, name: string): Promise<void> {
  if (server.objects.get(kind, { name })) return;
  const namespace = { apiVersion: 'v1', kind: 'Namespace', metadata: { name } } as KubeObject;
  try {
    await createObject(server, kind, namespace, { dryRun: false });
  } catch (error) {
    if (!isStatus(error, 'AlreadyExists')) throw error;
  }
}
