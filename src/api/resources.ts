import type { Resource } from './resource.ts';
import type { Deployment, ReplicaSet } from './types/apps.ts';
import type { Lease } from './types/coordination.ts';
import type {
  ConfigMap,
  Endpoints,
  KubeEvent,
  Namespace,
  Node,
  Pod,
  Secret,
  Service,
  ServiceAccount,
} from './types/core.ts';
import type { EndpointSlice } from './types/discovery.ts';
import type { KubeObject } from './types/meta.ts';
import type { Ingress } from './types/networking.ts';
import type { EndpointConsumer, PodRelease } from './types/segue.ts';

/** The resources that Segue's own components speak of, typed. The registry of kinds says what the server does with each. */
export const namespaces = define<Namespace>({
  group: '',
  version: 'v1',
  resource: 'namespaces',
  kind: 'Namespace',
  namespaced: false,
});
export const nodes = define<Node>({ group: '', version: 'v1', resource: 'nodes', kind: 'Node', namespaced: false });
export const pods = define<Pod>({ group: '', version: 'v1', resource: 'pods', kind: 'Pod', namespaced: true });
export const services = define<Service>({
  group: '',
  version: 'v1',
  resource: 'services',
  kind: 'Service',
  namespaced: true,
});
export const endpoints = define<Endpoints>({
  group: '',
  version: 'v1',
  resource: 'endpoints',
  kind: 'Endpoints',
  namespaced: true,
});
export const configMaps = define<ConfigMap>({
  group: '',
  version: 'v1',
  resource: 'configmaps',
  kind: 'ConfigMap',
  namespaced: true,
});
export const secrets = define<Secret>({
  group: '',
  version: 'v1',
  resource: 'secrets',
  kind: 'Secret',
  namespaced: true,
});
export const serviceAccounts = define<ServiceAccount>({
  group: '',
  version: 'v1',
  resource: 'serviceaccounts',
  kind: 'ServiceAccount',
  namespaced: true,
});
export const events = define<KubeEvent>({
  group: '',
  version: 'v1',
  resource: 'events',
  kind: 'Event',
  namespaced: true,
});
export const leases = define<Lease>({
  group: 'coordination.k8s.io',
  version: 'v1',
  resource: 'leases',
  kind: 'Lease',
  namespaced: true,
});
export const endpointSlices = define<EndpointSlice>({
  group: 'discovery.k8s.io',
  version: 'v1',
  resource: 'endpointslices',
  kind: 'EndpointSlice',
  namespaced: true,
});
export const deployments = define<Deployment>({
  group: 'apps',
  version: 'v1',
  resource: 'deployments',
  kind: 'Deployment',
  namespaced: true,
});
export const replicaSets = define<ReplicaSet>({
  group: 'apps',
  version: 'v1',
  resource: 'replicasets',
  kind: 'ReplicaSet',
  namespaced: true,
});
export const ingresses = define<Ingress>({
  group: 'networking.k8s.io',
  version: 'v1',
  resource: 'ingresses',
  kind: 'Ingress',
  namespaced: true,
});
export const endpointConsumers = define<EndpointConsumer>({
  group: 'segue.dev',
  version: 'v1',
  resource: 'endpointconsumers',
  kind: 'EndpointConsumer',
  namespaced: false,
});
export const podReleases = define<PodRelease>({
  group: 'segue.dev',
  version: 'v1',
  resource: 'podreleases',
  kind: 'PodRelease',
  namespaced: true,
});

function define<T extends KubeObject>(resource: Resource<T>): Resource<T> {
  return resource;
}
