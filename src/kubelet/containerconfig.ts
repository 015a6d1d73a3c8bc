import { configMaps, secrets } from '../api/resources.ts';
import { isStatus } from '../api/status.ts';
import type { ConfigMap, Container, Pod, Secret, VolumeMount } from '../api/types/core.ts';
import type { ContainerConfig, ImageInfo } from '../runtime/runtime.ts';
import { ConfigError, environmentOf, expand } from './environment.ts';
import type { PodTools } from './tools.ts';
import { mountsOf } from './volumes.ts';

export interface PodPlace {
  readonly pod: Pod;
  readonly podIP: string;
  readonly volumes: ReadonlyMap<string, string>;
}

/** All the runtime needs to know to run `container`. Rejects with `ConfigError` or `VolumeError`. */
export async function containerConfig(
  container: Container,
  place: PodPlace,
  run: { image: ImageInfo; attempt: number; tools: PodTools },
): Promise<ContainerConfig> {
  const { pod } = place;
  const { tools, image, attempt } = run;
  const env = { ...image.env, ...(await environment(container, place, tools)) };
  const security = { ...pod.spec.securityContext, ...container.securityContext };
  const folder = await tools.host.files.logFolder(podName(pod), container.name);
  return {
    name: container.name,
    attempt,
    image,
    command: (container.command ?? []).map((text) => expand(text, env)),
    args: (container.args ?? []).map((text) => expand(text, env)),
    workingDir: container.workingDir ?? image.workingDir,
    env,
    mounts: await mountsOf(expandedMounts(container, env), place.volumes, tools.host),
    runAsUser: security.runAsUser,
    runAsGroup: security.runAsGroup,
    logPath: `${folder}/${attempt}.log`,
  };
}

/** `subPathExpr` may name variables of the container, all of which must be there. */
function expandedMounts(container: Container, env: Readonly<Record<string, string>>): VolumeMount[] {
  return (container.volumeMounts ?? []).map(({ subPathExpr, ...mount }) => {
    if (!subPathExpr) return mount;
    const missing = [...subPathExpr.matchAll(/(?<!\$)\$\(([^)]*)\)/g)].find(([, name]) => !((name as string) in env));
    if (missing) throw new ConfigError(`missing value for ${missing[1]} in subPathExpr of mount ${mount.mountPath}`);
    return { ...mount, subPath: expand(subPathExpr, env) };
  });
}

export function podName(pod: Pod): { namespace: string; name: string; uid: string } {
  const { namespace = 'default', name, uid } = pod.metadata;
  return { namespace, name, uid };
}

async function environment(container: Container, { pod, podIP }: PodPlace, tools: PodTools) {
  const { namespace } = pod.metadata;
  const names = referenced(container);
  const maps = new Map<string, ConfigMap | undefined>();
  const hidden = new Map<string, Secret | undefined>();
  for (const name of names.configMaps)
    maps.set(name, await present(tools.client.of(configMaps).get(name, { namespace })));
  for (const name of names.secrets) hidden.set(name, await present(tools.client.of(secrets).get(name, { namespace })));
  return environmentOf(container, {
    pod,
    podIP,
    hostIP: tools.nodeIP,
    services: pod.spec.enableServiceLinks === false ? [] : tools.services(namespace ?? 'default'),
    configMap: (name) => maps.get(name),
    secret: (name) => hidden.get(name),
  });
}

function referenced(container: Container): { configMaps: Set<string>; secrets: Set<string> } {
  const found = { configMaps: new Set<string>(), secrets: new Set<string>() };
  for (const { configMapRef, secretRef } of container.envFrom ?? []) {
    if (configMapRef) found.configMaps.add(configMapRef.name);
    if (secretRef) found.secrets.add(secretRef.name);
  }
  for (const { valueFrom } of container.env ?? []) {
    if (valueFrom?.configMapKeyRef) found.configMaps.add(valueFrom.configMapKeyRef.name);
    if (valueFrom?.secretKeyRef) found.secrets.add(valueFrom.secretKeyRef.name);
  }
  return found;
}

async function present<T>(found: Promise<T>): Promise<T | undefined> {
  try {
    return await found;
  } catch (error) {
    if (isStatus(error, 'NotFound')) return undefined;
    throw error;
  }
}
