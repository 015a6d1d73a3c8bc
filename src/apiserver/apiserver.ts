import type { KindRegistry } from '../api/registry.ts';
import type { Handle } from '../api/request.ts';
import { namespaces, services } from '../api/resources.ts';
import { StatusError } from '../api/status.ts';
import type { Service } from '../api/types/core.ts';
import { assert } from '../base/assert.ts';
import type { Env } from '../base/env.ts';
import { Admission, hookKey } from './admission/admission.ts';
import { namespaceHook, namespaceMustBeActive } from './admission/namespacelifecycle.ts';
import { serviceAllocation } from './admission/serviceallocation.ts';
import { bootstrap } from './bootstrap.ts';
import { OpenApi } from './discovery/openapi.ts';
import { serveGlobal } from './discovery/serve.ts';
import { dispatch } from './dispatch.ts';
import { unknownPath } from './errors.ts';
import { failure } from './failure.ts';
import { Objects, prefixFor, type Stores } from './objects.ts';
import { parseRoute } from './route.ts';
import type { Server } from './server.ts';
import { WatchHub } from './watch/hub.ts';

export interface ApiServerOptions {
  readonly env: Env;
  readonly stores: Stores;
  readonly registry: KindRegistry;
  /** How to reach the kubelet of a node, for logs. */
  readonly kubelets?: (nodeName: string) => Handle | undefined;
  /** IPv4 block of cluster IPs, such as `10.96.0.0/16`. */
  readonly serviceCIDR: string;
  /** Both ends belong to it; Kubernetes' own is 30000 to 32767. */
  readonly nodePortRange: { readonly from: number; readonly to: number };
  /** What `/version` says, such as `v1.35.0+segue`. */
  readonly version: string;
}

export interface ApiServer {
  /** Answers any request, refusals included; never rejects. */
  readonly handle: Handle;
  /** Ends all watches and refuses further requests. The stores are their owner's to close. */
  close(): Promise<void>;
}

/** Starts an API server over its stores. Resolves when the namespaces that every cluster has are there. */
export async function createApiServer(options: ApiServerOptions): Promise<ApiServer> {
  const { env, registry } = options;
  const objects = new Objects(options.stores);
  const hub = new WatchHub({ objects, env });
  const admission = admissionOf(options, objects);
  const kubelets = options.kubelets ?? (() => undefined);
  const server: Server = { env, registry, objects, hub, admission, kubelets };
  await bootstrap(server);
  const openApi = new OpenApi(registry);
  let isOpen = true;
  return {
    async handle(request) {
      try {
        const route = parseRoute(request.path);
        const global = serveGlobal(request, route, { registry, openApi, version: options.version, isOpen });
        if (global) return global;
        if (!isOpen) throw new StatusError('ServiceUnavailable', 'Cannot serve the request: the server is stopping');
        if (!route) throw unknownPath();
        return await dispatch(server, request, route);
      } catch (error) {
        return failure(error, request, env.log);
      }
    },
    async close() {
      isOpen = false;
      hub.close();
    },
  };
}

function admissionOf(options: ApiServerOptions, objects: Objects): Admission {
  const { env, registry, serviceCIDR, nodePortRange } = options;
  const namespaceKind = registry.find(namespaces);
  assert(namespaceKind, 'the registry knows namespaces');
  const hooks = new Map([[hookKey(namespaces), namespaceHook]]);
  const serviceKind = registry.find(services);
  if (serviceKind) {
    const { entries } = objects.storeOf(serviceKind).list({ prefix: prefixFor(serviceKind) });
    const existing = entries.map((entry) => objects.decode(entry) as Service);
    hooks.set(hookKey(services), serviceAllocation({ env, serviceCIDR, nodePortRange, existing }));
  }
  return new Admission({
    hooks,
    createChecks: [namespaceMustBeActive((name) => objects.get(namespaceKind, { name }))],
  });
}
