import { readFileSync } from 'node:fs';
import { cpus, release, totalmem } from 'node:os';
import type { NodeFacts } from '../../kubelet/node.ts';
import { VERSION } from '../version.ts';

const PODS_MAX = 110;
const ARCHITECTURES: Record<string, string> = { x64: 'amd64', arm64: 'arm64' };

/** What this machine is, for the Node object of each of its nodes. */
export function machineFacts(node: { name: string; ip: string; podCIDR: string }): NodeFacts {
  const architecture = ARCHITECTURES[process.arch] ?? process.arch;
  const machineID = readIfAny('/etc/machine-id');
  return {
    ...node,
    cpus: cpus().length,
    memoryBytes: totalmem(),
    podsMax: PODS_MAX,
    labels: { 'kubernetes.io/arch': architecture },
    info: {
      architecture,
      operatingSystem: 'linux',
      kernelVersion: release(),
      osImage: osName(),
      containerRuntimeVersion: `segue://${VERSION}`,
      kubeletVersion: VERSION,
      kubeProxyVersion: VERSION,
      machineID,
      systemUUID: machineID,
      bootID: readIfAny('/proc/sys/kernel/random/boot_id'),
    },
  };
}

function osName(): string {
  return /^PRETTY_NAME="?([^"\n]*)"?$/m.exec(readIfAny('/etc/os-release'))?.[1] ?? 'Linux';
}

/** The file's text; empty where a machine has no such file, as some containers do. */
function readIfAny(path: string): string {
  try {
    return readFileSync(path, 'utf8').trim();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return '';
    throw error;
  }
}
