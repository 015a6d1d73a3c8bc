import type { Kind } from '../api/kind.ts';
import type { KindRegistry } from '../api/registry.ts';
import type { ApiRequest, ApiResponse, Handle } from '../api/request.ts';
import type { Env } from '../base/env.ts';
import type { Admission } from './admission/admission.ts';
import type { Objects } from './objects.ts';
import type { WatchHub } from './watch/hub.ts';

/** What the verbs work on: one value for the whole server. */
export interface Server {
  readonly env: Env;
  readonly registry: KindRegistry;
  readonly objects: Objects;
  readonly hub: WatchHub;
  readonly admission: Admission;
  /** The log server of a node's kubelet, or undefined when the node is not known. */
  readonly kubelets: (nodeName: string) => Handle | undefined;
}

/** A request to a kind, after routing. */
export interface Call {
  readonly request: ApiRequest;
  readonly kind: Kind;
  /** Absent for cluster-scoped kinds and for requests over all namespaces. */
  readonly namespace: string | undefined;
  readonly name: string | undefined;
  readonly subresource: string | undefined;
}

/** One verb, or one method of a subresource. Refuses by throwing a `StatusError`. */
export type VerbHandler = (server: Server, call: Call) => Promise<ApiResponse>;

/** An object of a call: its kind, namespace and name. */
export interface Target {
  readonly kind: Kind;
  readonly namespace: string | undefined;
  readonly name: string;
}

/** How errors name a target. */
export function named(target: { kind: Kind; name: string }): { group: string; resource: string; name: string } {
  const { group, resource } = target.kind.resource;
  return { group, resource, name: target.name };
}
