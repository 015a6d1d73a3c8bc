import type { ApiResponse } from '../../api/request.ts';
import { badRequest, StatusError } from '../../api/status.ts';
import type { Pod } from '../../api/types/core.ts';
import type { VerbHandler } from '../server.ts';
import { mustGet, targetOf } from '../verbs/get.ts';

/** GET of a container's log: found out which, then asked of the kubelet of the pod's node, whose answer is passed on. */
export const getLog: VerbHandler = async (server, call): Promise<ApiResponse> => {
  const { request } = call;
  const pod = mustGet(server, targetOf(call)) as Pod;
  const { namespace = '', name } = pod.metadata;
  const container = chooseContainer(pod, request.query.get('container') ?? '');
  const { nodeName } = pod.spec;
  if (!nodeName) throw badRequest(`pod ${name} does not have a host assigned`);
  const kubelet = server.kubelets(nodeName);
  if (!kubelet) {
    throw new StatusError(
      'ServiceUnavailable',
      `Cannot read the log of pod ${name}: node "${nodeName}" is not connected`,
    );
  }
  const query = new URLSearchParams(request.query);
  query.delete('container');
  const path = `/containerLogs/${namespace}/${name}/${encodeURIComponent(container)}`;
  return kubelet({ ...request, path, query });
};

function chooseContainer(pod: Pod, wanted: string): string {
  const { name } = pod.metadata;
  const names = pod.spec.containers.map((container) => container.name);
  const initNames = (pod.spec.initContainers ?? []).map((container) => container.name);
  if (wanted) {
    if (names.includes(wanted) || initNames.includes(wanted)) return wanted;
    throw badRequest(`container ${wanted} is not valid for pod ${name}`);
  }
  const [first] = names;
  if (first !== undefined && names.length === 1) return first;
  const init = initNames.length > 0 ? ` or one of the init containers: [${initNames.join(' ')}]` : '';
  throw badRequest(`a container name must be specified for pod ${name}, choose one of: [${names.join(' ')}]${init}`);
}
