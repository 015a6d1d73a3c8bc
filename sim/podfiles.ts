import type { PodFiles } from '../src/kubelet/host.ts';

/** Where the files of pods would be: nothing in the simulated world reads them. Remembers which pods have any. */
export class SimPodFiles implements PodFiles {
  readonly pods = new Set<string>();

  async emptyDir(podUID: string, volume: string): Promise<string> {
    this.pods.add(podUID);
    return `/sim/pods/${podUID}/${volume}`;
  }

  fileVolume(podUID: string, volume: string): Promise<string> {
    return this.emptyDir(podUID, volume);
  }

  async hostPath(path: string): Promise<string> {
    return path;
  }

  async subPath(root: string, path: string): Promise<string> {
    return `${root}/${path}`;
  }

  async removePod(podUID: string): Promise<void> {
    this.pods.delete(podUID);
  }

  async logFolder(pod: { namespace: string; name: string; uid: string }, container: string): Promise<string> {
    return `/sim/logs/${pod.namespace}_${pod.name}_${pod.uid}/${container}`;
  }

  async *readLog(): AsyncIterable<Uint8Array> {}

  async removeLogs(): Promise<void> {}
}
