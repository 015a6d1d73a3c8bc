import { controllerOf } from '../../src/api/owner.ts';
import { isPodReady } from '../../src/api/servicepods.ts';
import type { Deployment, ReplicaSet } from '../../src/api/types/apps.ts';
import type { Node, Pod } from '../../src/api/types/core.ts';
import type { EndpointSlice } from '../../src/api/types/discovery.ts';
import type { KubeObject } from '../../src/api/types/meta.ts';
import { NAMESPACE } from '../workload.ts';
import type { World } from '../world.ts';
import type { Finding } from './finding.ts';

/** What the world still lacks to be what was declared; undefined when it lacks nothing (Converges). */
export function missing(world: World): string | undefined {
  if (!world.server.handle) return 'the API server is up';
  const late = world.processes.find((process) => !process.isRunning);
  if (late) return `${late.name} is running`;
  return nodesMissing(world) ?? deploymentsMissing(world) ?? routersMissing(world);
}

function nodesMissing({ truth, nodes }: World): string | undefined {
  const known = truth.list<Node>('/registry/core/nodes/');
  const ready = (node: Node) =>
    node.status?.conditions?.some(({ type, status }) => type === 'Ready' && status === 'True');
  const late = nodes.find(({ name }) => !known.some((node) => node.metadata.name === name && ready(node)));
  const unregistered = nodes.find(({ proxy }) => !truth.get(`/registry/segue.dev/endpointconsumers/${proxy.name}`));
  if (late) return `${late.name} is Ready`;
  return unregistered && `${unregistered.proxy.name} is registered`;
}

function deploymentsMissing(world: World): string | undefined {
  const pods = world.truth.list<Pod>('/registry/core/pods/');
  const going = pods.find((pod) => pod.metadata.deletionTimestamp);
  if (going) return `pod ${going.metadata.name} is gone`;
  for (const { name } of world.plan.services) {
    const deployment = world.truth.get<Deployment>(`/registry/apps/deployments/${NAMESPACE}/${name}`);
    const wanted = world.replicas.get(name);
    const { status } = deployment ?? {};
    if (!deployment || deployment.spec.replicas !== wanted) return `Deployment ${name} asks for ${wanted} replicas`;
    const { generation } = deployment.metadata;
    if (status?.observedGeneration !== generation) return `Deployment ${name} is observed`;
    const { replicas = 0, updatedReplicas = 0, availableReplicas = 0 } = status ?? {};
    if (updatedReplicas !== wanted || availableReplicas !== wanted || replicas !== wanted) {
      return `Deployment ${name} has ${wanted} replicas: it has ${replicas}, ${updatedReplicas} updated, ${availableReplicas} available`;
    }
    const ready = pods.filter((pod) => pod.metadata.labels?.['app'] === name && isPodReady(pod));
    if (ready.length !== wanted) return `${name} has ${wanted} ready pods: it has ${ready.length}`;
  }
  return undefined;
}

/** Slices and every node's rules lead to exactly the ready pods. */
function routersMissing(world: World): string | undefined {
  for (const { name } of world.plan.services) {
    const pods = world.truth.list<Pod>('/registry/core/pods/').filter((pod) => pod.metadata.labels?.['app'] === name);
    const wanted = texts(pods.map((pod) => pod.status?.podIP ?? ''));
    const slices = world.truth.list<EndpointSlice>(`/registry/discovery.k8s.io/endpointslices/${NAMESPACE}/${name}-`);
    const listed = slices.flatMap(({ endpoints }) => endpoints.filter((one) => one.conditions?.ready));
    if (texts(listed.map(({ addresses }) => addresses[0] ?? '')) !== wanted)
      return `the slices of ${name} list ${wanted}`;
    for (const { dataPlane, name: node } of world.nodes) {
      const led = new Set(dataPlane.endpointsOf(`${NAMESPACE}/${name}`).map(({ ip }) => ip));
      if (texts([...led]) !== wanted) return `the rules of ${node} lead ${name} to ${wanted}`;
    }
  }
  return undefined;
}

/** NoOrphan: nothing is there that nobody declared. OneOwner: each pod and ReplicaSet has exactly one controller that exists. */
export function orphans(world: World): Finding[] {
  const { truth, time } = world;
  const finding = (guarantee: string, what: string, about: string[] = []): Finding => ({
    guarantee,
    at: time.now,
    what,
    about,
  });
  const pods = truth.list<Pod>('/registry/core/pods/');
  const sets = truth.list<ReplicaSet>('/registry/apps/replicasets/');
  const owners = new Set([...sets, ...truth.list('/registry/apps/deployments/')].map(({ metadata }) => metadata.uid));
  const owned: KubeObject[] = [...pods, ...sets];
  const unowned = owned.flatMap((object) => {
    const { name } = object.metadata;
    const controllers = (object.metadata.ownerReferences ?? []).filter(({ controller }) => controller);
    if (controllers.length !== 1) {
      return [finding('OneOwner', `${object.kind} ${name} has ${controllers.length} controllers`, [name])];
    }
    const owner = controllerOf(object);
    return owner && owners.has(owner.uid)
      ? []
      : [finding('NoOrphan', `${object.kind} ${name} belongs to ${owner?.name}, which is gone`, [name])];
  });
  const alive = new Set(pods.map(({ metadata }) => metadata.uid));
  const left = world.nodes.flatMap((node) => {
    const running = (node.runtime?.containers ?? []).filter(({ phase }) => phase === 'Running');
    const sandboxes = node.runtime?.sandboxes ?? new Map();
    const processes = running.filter(({ sandboxId }) => !alive.has(sandboxes.get(sandboxId)?.uid ?? ''));
    const networks = node.podNetwork.uids.filter((uid) => !alive.has(uid));
    const files = [...node.files.pods].filter((uid) => !alive.has(uid));
    return [
      ...processes.map(({ name }) => finding('NoOrphan', `a container ${name} runs on ${node.name} without a pod`)),
      ...networks.map((uid) => finding('NoOrphan', `${node.name} has a network of pod ${uid}, which is gone`)),
      ...files.map((uid) => finding('NoOrphan', `${node.name} has files of pod ${uid}, which is gone`)),
    ];
  });
  return [...unowned, ...left];
}

function texts(addresses: readonly string[]): string {
  return [...addresses].sort().join(', ');
}
