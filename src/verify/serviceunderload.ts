import { matcherOfLabels } from '../api/selector.ts';
import type { Deployment } from '../api/types/apps.ts';
import type { Service } from '../api/types/core.ts';

/** There is no one Service that the load should go through. The text says what to give. */
export class NoServiceError extends Error {
  override readonly name = 'NoServiceError';
}

/**
 * The Service to drive load through: the one that is named, else the one that selects the pods of the Deployment that
 * will be changed, else the only one that selects pods at all. Throws `NoServiceError`.
 */
export function serviceUnderLoad(
  services: readonly Service[],
  wish: { name?: string; changed?: Deployment } = {},
): Service {
  const possible = services.filter(
    ({ spec }) => spec.clusterIP !== 'None' && Object.keys(spec.selector ?? {}).length > 0,
  );
  const names = possible.map(({ metadata }) => metadata.name).join(', ') || 'none';
  if (wish.name !== undefined) {
    const named = possible.find(({ metadata }) => metadata.name === wish.name);
    if (named) return named;
    throw new NoServiceError(
      `Cannot drive load through Service ${wish.name}: there is no such Service with pods, need one of ${names}`,
    );
  }
  const labels = wish.changed?.spec.template.metadata?.labels;
  const serving = wish.changed ? possible.filter(({ spec }) => matcherOfLabels(spec.selector)(labels)) : possible;
  const [only] = serving;
  if (serving.length === 1 && only) return only;
  throw new NoServiceError(
    `Cannot choose the Service to drive load through: ${serving.length} would do, need --service with one of ${names}`,
  );
}

/** URL of a Service from inside the cluster, by its address so that no name has to be resolved. */
export function serviceURL(service: Service, path = '/'): string {
  const { clusterIP, ports = [] } = service.spec;
  const port = ports.find(({ name }) => name === 'http') ?? ports[0];
  if (!clusterIP || !port)
    throw new NoServiceError(
      `Cannot drive load through Service ${service.metadata.name}: it has no address or no port, need both`,
    );
  return `http://${clusterIP}:${port.port}${path}`;
}
