import { StatusError } from '../api/status.ts';
import { apply } from '../client/apply.ts';
import type { Client } from '../client/client.ts';
import { type Manifest, ManifestError } from './manifests.ts';

/** Applies manifests in their order until the signal comes. Rejects with `ManifestError`, which names the file. */
export async function applyManifests(
  client: Client,
  manifests: readonly Manifest[],
  options: { signal: AbortSignal; onApplied?: (line: string) => void },
): Promise<void> {
  for (const { file, resource, object } of manifests) {
    if (options.signal.aborted) return;
    try {
      const { applied } = await apply(client, resource, object);
      const kind = resource.group ? `${resource.kind}.${resource.group}` : resource.kind;
      options.onApplied?.(`${kind.toLowerCase()}/${object.metadata.name} ${applied}`);
    } catch (error) {
      if (!(error instanceof StatusError)) throw error;
      throw new ManifestError(`Cannot apply ${file}: ${error.message}`, { cause: error });
    }
  }
}
