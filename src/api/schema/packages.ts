/** One Go package of API types: what it is called in OpenAPI, in Go, and in this folder. */
export interface SchemaPackage {
  readonly apiVersion: string;
  /** Prefix of its definitions' names, without the last dot. */
  readonly prefix: string;
  /** Import path of the Go package. */
  readonly go: string;
  /** File in this folder. */
  readonly file: string;
}

export const META_PACKAGE: SchemaPackage = {
  apiVersion: 'meta.k8s.io/v1',
  prefix: 'io.k8s.apimachinery.pkg.apis.meta.v1',
  go: 'k8s.io/apimachinery/pkg/apis/meta/v1',
  file: 'meta.v1.json',
};

/** Every group and version whose types are generated, `meta.k8s.io/v1` included. */
export const SCHEMA_PACKAGES: readonly SchemaPackage[] = [
  META_PACKAGE,
  {
    apiVersion: 'apiextensions.k8s.io/v1',
    prefix: 'io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1',
    go: 'k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1',
    file: 'apiextensions.v1.json',
  },
  api('', 'core', 'v1'),
  api('admissionregistration.k8s.io', 'admissionregistration', 'v1'),
  api('apps', 'apps', 'v1'),
  api('authentication.k8s.io', 'authentication', 'v1'),
  api('authorization.k8s.io', 'authorization', 'v1'),
  api('autoscaling', 'autoscaling', 'v1'),
  api('autoscaling', 'autoscaling', 'v2'),
  api('batch', 'batch', 'v1'),
  api('certificates.k8s.io', 'certificates', 'v1'),
  api('coordination.k8s.io', 'coordination', 'v1'),
  api('discovery.k8s.io', 'discovery', 'v1'),
  api('events.k8s.io', 'events', 'v1'),
  api('networking.k8s.io', 'networking', 'v1'),
  api('node.k8s.io', 'node', 'v1'),
  api('policy', 'policy', 'v1'),
  api('rbac.authorization.k8s.io', 'rbac', 'v1'),
  api('scheduling.k8s.io', 'scheduling', 'v1'),
  api('storage.k8s.io', 'storage', 'v1'),
];

function api(group: string, folder: string, version: string): SchemaPackage {
  return {
    apiVersion: group ? `${group}/${version}` : version,
    prefix: `io.k8s.api.${folder}.${version}`,
    go: `k8s.io/api/${folder}/${version}`,
    file: `${folder}.${version}.json`,
  };
}
