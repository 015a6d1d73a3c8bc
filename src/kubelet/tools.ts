import type { Service } from '../api/types/core.ts';
import type { ReleaseLevel } from '../api/types/segue.ts';
import type { Env } from '../base/env.ts';
import type { Client } from '../client/client.ts';
import type { EventRecorder } from '../client/events.ts';
import type { PodNetwork } from '../network/podnetwork.ts';
import type { ContainerRuntime, ImageService } from '../runtime/runtime.ts';
import type { KubeletHost } from './host.ts';

/** What one node's kubelet works with; the same for all of its pods. */
export interface NodeTools {
  readonly env: Env;
  readonly client: Client;
  readonly nodeName: string;
  readonly nodeIP: string;
  /** Path of the node's own network namespace, for pods with hostNetwork. */
  readonly nodeNetworkPath: string;
  readonly host: KubeletHost;
  readonly runtime: ContainerRuntime;
  readonly images: ImageService;
  readonly podNetwork: PodNetwork;
  /** Forgets, on every node of this machine, unreplied connection-tracking entries that lead to `podIP`. */
  readonly flushUnreplied: (podIP: string) => Promise<void>;
  /** Release level of pods that ask for none. */
  readonly level: ReleaseLevel;
}

export interface PodTools extends NodeTools {
  readonly recorder: EventRecorder;
  /** Services of a namespace, for service links. */
  readonly services: (namespace: string) => readonly Service[];
}
