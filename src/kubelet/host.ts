import type { HttpGetAction } from '../api/types/core.ts';

/** What a kubelet does on its machine besides running containers: look at pods over the network, keep their files. */
export interface KubeletHost {
  readonly network: HostNetwork;
  readonly files: PodFiles;
}

/** How probes and HTTP hooks reach a pod. Failures reject with `ProbeError`, whose message people read in Events. */
export interface HostNetwork {
  /** One GET that follows no redirect to other hosts. `body` is cut after 10 KiB. */
  httpGet(request: HttpRequest): Promise<{ status: number; body: string }>;
  /** Resolves when a TCP connection was established; it is closed at once. */
  tcpConnect(target: { ip: string; port: number; timeoutMs: number }): Promise<void>;
}

export interface HttpRequest {
  readonly ip: string;
  readonly port: number;
  readonly scheme: NonNullable<HttpGetAction['scheme']>;
  readonly path: string;
  readonly headers: readonly { name: string; value: string }[];
  readonly timeoutMs: number;
}

export class ProbeError extends Error {
  override readonly name = 'ProbeError';
}

/**
 * The files of pods on this node. Everything of a pod goes with `removePod`, but its logs, which stay until the pod's
 * object is gone and `removeLogs` is called.
 */
export interface PodFiles {
  /** A new or existing empty folder for one volume of one pod. */
  emptyDir(podUID: string, volume: string): Promise<string>;
  /** A folder with exactly these files (relative path → content), replaced as a whole when it exists. */
  fileVolume(podUID: string, volume: string, files: ReadonlyMap<string, VolumeFile>): Promise<string>;
  /** The path itself, made or checked as `type` says. Rejects with `VolumeError`. */
  hostPath(path: string, type: string): Promise<string>;
  /** `path` below `root`, made as a folder when absent (subPath). Rejects with `VolumeError` when it leads outside. */
  subPath(root: string, path: string): Promise<string>;
  removePod(podUID: string): Promise<void>;
  /** Folder of a container's log files, named `<attempt>.log`; exists on return. */
  logFolder(pod: PodName, container: string): Promise<string>;
  /** Chunks of the log file from its start; with `follow`, goes on until `ended()` and nothing is left. */
  readLog(
    path: string,
    options: { follow: boolean; ended: () => boolean; signal: AbortSignal },
  ): AsyncIterable<Uint8Array>;
  removeLogs(pod: PodName): Promise<void>;
}

export interface VolumeFile {
  readonly content: Uint8Array;
  readonly mode: number;
}

export interface PodName {
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
}

/** A volume cannot be provided; the pod waits and tries again. */
export class VolumeError extends Error {
  override readonly name = 'VolumeError';
}
