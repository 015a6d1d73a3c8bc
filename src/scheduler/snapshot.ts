import { selects } from '../api/servicepods.ts';
import type { Node, Pod, Service } from '../api/types/core.ts';
import type { KubeObject } from '../api/types/meta.ts';
import { type PodInfo, podInfoOf } from './podinfo.ts';
import { addResources, type Resources, resourcesOf } from './resources.ts';

/** A node, what it has, and the pods that are on it or about to be. */
export interface NodeInfo {
  readonly name: string;
  readonly node: Node;
  readonly labels: Record<string, string>;
  readonly allocatable: Resources;
  readonly requested: Resources;
  readonly scoredRequested: Resources;
  readonly pods: ReadonlyMap<string, PodInfo>;
  /** How many pods of each managing owner are here, by the owner's uid; those being deleted are not counted. */
  readonly replicas: ReadonlyMap<string, number>;
}

interface Place {
  node: Node | undefined;
  readonly requested: Map<string, number>;
  readonly scoredRequested: Map<string, number>;
  readonly pods: Map<string, PodInfo>;
  readonly replicas: Map<string, number>;
  info: NodeInfo | undefined;
}

/**
 * What the cluster looks like to the scheduler, kept up to date change by change: one change costs the size of one pod
 * or one node, never of the cluster. Reading it is synchronous, so a decision is made on one state of the world.
 */
export class Snapshot {
  readonly #places = new Map<string, Place>();
  readonly #where = new Map<string, string>();
  readonly #byNamespace = new Map<string, Map<string, PodInfo>>();
  readonly #withAffinity = new Map<string, PodInfo>();
  readonly #namespaceLabels = new Map<string, Record<string, string>>();
  readonly #services = new Map<string, Map<string, Service>>();
  #nodes: readonly NodeInfo[] | undefined;

  /** All nodes, in the order they came. */
  get nodes(): readonly NodeInfo[] {
    this.#nodes ??= [...this.#places.values()].flatMap(({ info }) => info ?? []);
    return this.#nodes;
  }

  /** The node a pod is on, undefined when the pod or its node is not known. */
  nodeOf(pod: PodInfo): NodeInfo | undefined {
    return this.#places.get(this.#where.get(pod.key) ?? '')?.info;
  }

  podsIn(namespace: string): Iterable<PodInfo> {
    return this.#byNamespace.get(namespace)?.values() ?? [];
  }

  namespaces(): Iterable<string> {
    return this.#byNamespace.keys();
  }

  /** Pods on nodes that say which pods they want near or far. */
  podsWithAffinity(): Iterable<PodInfo> {
    return this.#withAffinity.values();
  }

  readonly namespaceLabels = (namespace: string): Record<string, string> => this.#namespaceLabels.get(namespace) ?? {};

  /** Services that select the pod. */
  servicesOf(pod: Pod): Service[] {
    const services = this.#services.get(pod.metadata.namespace ?? '');
    return services ? [...services.values()].filter((service) => selects(service, pod)) : [];
  }

  setNode(node: Node): void {
    const place = this.#place(node.metadata.name);
    const { allocatable, capacity } = node.status ?? {};
    place.node = node;
    place.info = {
      name: node.metadata.name,
      node,
      labels: node.metadata.labels ?? {},
      allocatable: resourcesOf(allocatable ?? capacity),
      requested: place.requested,
      scoredRequested: place.scoredRequested,
      pods: place.pods,
      replicas: place.replicas,
    };
    this.#nodes = undefined;
  }

  removeNode(name: string): void {
    const place = this.#places.get(name);
    if (!place) return;
    place.node = undefined;
    place.info = undefined;
    if (place.pods.size === 0) this.#places.delete(name);
    this.#nodes = undefined;
  }

  /** Puts a pod on `nodeName`, from wherever it was. */
  setPod(pod: Pod, nodeName: string): void {
    const info = podInfoOf(pod);
    this.removePod(info.key);
    const place = this.#place(nodeName);
    place.pods.set(info.key, info);
    addResources(place.requested, info.requests);
    addResources(place.scoredRequested, info.scoredRequests);
    countReplica(place, info, 1);
    this.#where.set(info.key, nodeName);
    const neighbours = this.#byNamespace.get(info.namespace) ?? new Map<string, PodInfo>();
    neighbours.set(info.key, info);
    this.#byNamespace.set(info.namespace, neighbours);
    if (!info.affinity.isEmpty) this.#withAffinity.set(info.key, info);
  }

  /** True when the pod was on a node. */
  removePod(key: string): boolean {
    const nodeName = this.#where.get(key);
    const place = nodeName === undefined ? undefined : this.#places.get(nodeName);
    const info = place?.pods.get(key);
    if (!place || !info || nodeName === undefined) return false;
    place.pods.delete(key);
    addResources(place.requested, info.requests, -1);
    addResources(place.scoredRequested, info.scoredRequests, -1);
    countReplica(place, info, -1);
    this.#where.delete(key);
    this.#withAffinity.delete(key);
    const neighbours = this.#byNamespace.get(info.namespace);
    neighbours?.delete(key);
    if (neighbours?.size === 0) this.#byNamespace.delete(info.namespace);
    if (place.pods.size === 0 && !place.node) this.#places.delete(nodeName);
    return true;
  }

  setNamespace(name: string, namespace: KubeObject | undefined): void {
    if (namespace) this.#namespaceLabels.set(name, namespace.metadata.labels ?? {});
    else this.#namespaceLabels.delete(name);
  }

  setService(key: string, service: Service | undefined): void {
    const namespace = key.slice(0, key.indexOf('/'));
    const services = this.#services.get(namespace) ?? new Map<string, Service>();
    if (service) services.set(key, service);
    else services.delete(key);
    if (services.size > 0) this.#services.set(namespace, services);
    else this.#services.delete(namespace);
  }

  #place(name: string): Place {
    const known = this.#places.get(name);
    if (known) return known;
    const place: Place = {
      node: undefined,
      requested: new Map(),
      scoredRequested: new Map(),
      pods: new Map(),
      replicas: new Map(),
      info: undefined,
    };
    this.#places.set(name, place);
    return place;
  }
}

function countReplica(place: Place, { controller, pod }: PodInfo, by: 1 | -1): void {
  if (!controller || pod.metadata.deletionTimestamp) return;
  const count = (place.replicas.get(controller) ?? 0) + by;
  if (count > 0) place.replicas.set(controller, count);
  else place.replicas.delete(controller);
}
