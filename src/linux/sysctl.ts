import { writeFileSync } from 'node:fs';
import { KernelError } from './kernelerror.ts';
import { inNetworkNamespace, type NetworkNamespace } from './namespaces.ts';

/**
 * Writes a setting such as `net.ipv4.ip_forward` inside a network namespace. Throws `KernelError`: `ENOENT` where the
 * kernel, or a module that is not loaded, does not know it.
 */
export function writeSysctl(namespace: NetworkNamespace, name: string, value: number): void {
  inNetworkNamespace(namespace, () => {
    try {
      writeFileSync(`/proc/sys/${name.replaceAll('.', '/')}`, `${value}\n`, { flag: 'r+' });
    } catch (error) {
      const { errno } = error as NodeJS.ErrnoException;
      if (errno === undefined) throw error;
      throw new KernelError(`set ${name} to ${value}`, -errno);
    }
  });
}
