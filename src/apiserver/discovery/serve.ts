import type { KindRegistry } from '../../api/registry.ts';
import type { ApiRequest, ApiResponse } from '../../api/request.ts';
import { type Accept, negotiate, type Rendering } from '../accept.ts';
import { methodNotAllowed, unknownPath } from '../errors.ts';
import { respond } from '../render.ts';
import type { Route } from '../route.ts';
import { aggregatedDiscovery } from './aggregated.ts';
import { coreVersions, groupList, groupNames, groupOf, resourceList, versionsOf } from './discovery.ts';
import { HEALTH_PATHS, health } from './health.ts';
import { OpenApi } from './openapi.ts';
import { openApiV2 } from './openapiv2.ts';
import { versionInfo } from './version.ts';

export interface Globals {
  readonly registry: KindRegistry;
  readonly openApi: OpenApi;
  readonly version: string;
  readonly isOpen: boolean;
}

const AGGREGATED: readonly Rendering[] = [
  { kind: 'APIGroupDiscoveryList', group: 'apidiscovery.k8s.io', version: 'v2' },
];

/** Answers what concerns the server and not one resource: health, version, discovery, schemas. Undefined for the rest. */
export function serveGlobal(request: ApiRequest, route: Route | undefined, globals: Globals): ApiResponse | undefined {
  const answer = answerOf(request, route, globals);
  if (answer && request.method !== 'GET' && request.method !== 'HEAD') throw methodNotAllowed();
  return answer?.();
}

function answerOf(request: ApiRequest, route: Route | undefined, globals: Globals): (() => ApiResponse) | undefined {
  if (route) return route.resource === undefined ? () => discover(request, globals.registry, route) : undefined;
  const path = request.path.length > 1 ? request.path.replace(/\/$/, '') : request.path;
  if (HEALTH_PATHS.has(path)) return () => health(path, request.query, globals);
  if (path === '/version') return () => plain(request, versionInfo(globals.version));
  if (path === '/') return () => plain(request, { paths: paths(globals.registry) });
  if (path === '/openapi/v2') return () => openApiV2(request.headers['accept'], globals.version);
  if (OpenApi.serves(path)) return () => plain(request, globals.openApi.answer(path));
  return undefined;
}

function discover(request: ApiRequest, registry: KindRegistry, route: Route): ApiResponse {
  const { group, version, namespace } = route;
  if (namespace !== undefined) throw unknownPath();
  if (version === undefined && (group === undefined || group === ''))
    return rootDiscovery(request, registry, group === '');
  const body = version === undefined ? groupOf(registry, group ?? '') : resourceList(registry, group ?? '', version);
  if (!body) throw unknownPath();
  return plain(request, body);
}

function rootDiscovery(request: ApiRequest, registry: KindRegistry, core: boolean): ApiResponse {
  const accept: Accept = negotiate(request.headers['accept'], AGGREGATED);
  if (!accept.as) return respond(accept, core ? coreVersions() : groupList(registry));
  const response = respond(accept, aggregatedDiscovery(registry, { core }));
  const { kind, group, version } = accept.as;
  const contentType = `${response.headers['content-type']};g=${group};v=${version};as=${kind}`;
  return { ...response, headers: { ...response.headers, 'content-type': contentType, vary: 'Accept' } };
}

function plain(request: ApiRequest, object: unknown): ApiResponse {
  return respond(negotiate(request.headers['accept'], []), object);
}

function paths(registry: KindRegistry): string[] {
  const groups = groupNames(registry).flatMap((group) => [
    `/apis/${group}`,
    ...versionsOf(registry, group).map((version) => `/apis/${group}/${version}`),
  ]);
  return [
    '/api',
    '/api/v1',
    '/apis',
    ...groups,
    '/healthz',
    '/livez',
    '/openapi/v2',
    '/openapi/v3',
    '/readyz',
    '/version',
  ];
}
