import type { Container, LifecycleHandler, Probe } from '../../api/types/core.ts';
import type { IntOrString } from '../../api/types/meta.ts';
import { type ContainerRuntime, RuntimeError } from '../../runtime/runtime.ts';
import { type HostNetwork, ProbeError } from '../host.ts';

export interface CheckTarget {
  readonly container: Container;
  readonly containerId: string;
  readonly podIP: string;
}

export interface CheckTools {
  readonly network: HostNetwork;
  readonly runtime: ContainerRuntime;
}

/**
 * Runs one probe or HTTP/exec/TCP hook once. Resolves when it succeeded; rejects with `ProbeError` and the text that
 * Kubernetes' events show when it did not.
 */
export async function check(
  action: Probe | LifecycleHandler,
  target: CheckTarget,
  tools: CheckTools & { timeoutMs: number },
) {
  const { exec, httpGet, tcpSocket } = action;
  const { timeoutMs } = tools;
  if (exec) return checkExec(exec.command, target, tools);
  if (tcpSocket) {
    const port = portNumber(tcpSocket.port, target.container);
    return tools.network.tcpConnect({ ip: tcpSocket.host || target.podIP, port, timeoutMs });
  }
  if (!httpGet) throw new ProbeError('the probe names no way to look: need one of exec, httpGet, tcpSocket');
  const { status, body } = await tools.network.httpGet({
    ip: httpGet.host || target.podIP,
    port: portNumber(httpGet.port, target.container),
    scheme: httpGet.scheme ?? 'HTTP',
    path: httpGet.path || '/',
    headers: httpGet.httpHeaders ?? [],
    timeoutMs,
  });
  if (status < 200 || status >= 400) {
    throw new ProbeError(`HTTP probe failed with statuscode: ${status}${body ? `: ${body.slice(0, 200)}` : ''}`);
  }
}

async function checkExec(command: readonly string[], target: CheckTarget, tools: CheckTools & { timeoutMs: number }) {
  try {
    const { exitCode, stdout, stderr } = await tools.runtime.execSync(target.containerId, command, tools.timeoutMs);
    if (exitCode !== 0)
      throw new ProbeError(`command ${command[0]} exited with ${exitCode}: ${stdout}${stderr}`.trim());
  } catch (error) {
    if (error instanceof RuntimeError) throw new ProbeError(error.message, { cause: error });
    throw error;
  }
}

function portNumber(port: IntOrString, container: Container): number {
  if (typeof port === 'number') return port;
  const named = container.ports?.find(({ name }) => name === port)?.containerPort;
  if (named === undefined) throw new ProbeError(`couldn't find port: "${port}" in container ${container.name}`);
  return named;
}
