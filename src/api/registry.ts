import { assert } from '../base/assert.ts';
import type { Kind } from './kind.ts';
import { configMapKind } from './kinds/configmap.ts';
import { deploymentKind } from './kinds/deployment.ts';
import { endpointConsumerKind } from './kinds/endpointconsumer.ts';
import { endpointsKind } from './kinds/endpoints.ts';
import { endpointSliceKind } from './kinds/endpointslice.ts';
import { eventKind } from './kinds/event.ts';
import { ingressKind } from './kinds/ingress.ts';
import { leaseKind } from './kinds/lease.ts';
import { namespaceKind } from './kinds/namespace.ts';
import { nodeKind } from './kinds/node.ts';
import { podKind } from './kinds/pod.ts';
import { podReleaseKind } from './kinds/podrelease.ts';
import { replicaSetKind } from './kinds/replicaset.ts';
import { secretKind } from './kinds/secret.ts';
import { serviceKind } from './kinds/service.ts';
import { serviceAccountKind } from './kinds/serviceaccount.ts';
import { apiVersionOf } from './resource.ts';

/** Which kinds a server serves. Entries may come and go at run time: a CustomResourceDefinition makes one. */
export class KindRegistry {
  readonly #byResource = new Map<string, Kind>();
  readonly #byKind = new Map<string, Kind>();

  /** Adds `kind`. Its resource and its apiVersion with kind must be new: both name it on the wire. */
  register(kind: Kind): void {
    const resourceKey = keyOfResource(kind.resource);
    const kindKey = keyOfKind(apiVersionOf(kind.resource), kind.resource.kind);
    assert(!this.#byResource.has(resourceKey), `resource ${resourceKey} is registered once`);
    assert(!this.#byKind.has(kindKey), `kind ${kindKey} is registered once`);
    this.#byResource.set(resourceKey, kind);
    this.#byKind.set(kindKey, kind);
  }

  /** Takes `kind` out again; does nothing when another entry, or none, stands in its place. */
  unregister(kind: Kind): void {
    if (this.find(kind.resource) !== kind) return;
    this.#byResource.delete(keyOfResource(kind.resource));
    this.#byKind.delete(keyOfKind(apiVersionOf(kind.resource), kind.resource.kind));
  }

  find(resource: { group: string; version: string; resource: string }): Kind | undefined {
    return this.#byResource.get(keyOfResource(resource));
  }

  byKind(apiVersion: string, kind: string): Kind | undefined {
    return this.#byKind.get(keyOfKind(apiVersion, kind));
  }

  /** All entries in the order of their registration. */
  all(): readonly Kind[] {
    return [...this.#byResource.values()];
  }
}

/** A registry of its own with every kind Segue serves without being told. */
export function builtinKinds(): KindRegistry {
  const registry = new KindRegistry();
  for (const kind of BUILTIN) registry.register(kind);
  return registry;
}

const BUILTIN: readonly Kind[] = [
  namespaceKind,
  nodeKind,
  podKind,
  serviceKind,
  endpointsKind,
  configMapKind,
  secretKind,
  serviceAccountKind,
  eventKind,
  leaseKind,
  endpointSliceKind,
  replicaSetKind,
  deploymentKind,
  ingressKind,
  endpointConsumerKind,
  podReleaseKind,
];

function keyOfResource(resource: { group: string; version: string; resource: string }): string {
  return `${resource.group}/${resource.version}/${resource.resource}`;
}

function keyOfKind(apiVersion: string, kind: string): string {
  return `${apiVersion} ${kind}`;
}
