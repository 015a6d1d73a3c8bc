import type { ReleaseLevel } from '../../api/types/segue.ts';

/** What the node host is told at its start, as one JSON argument. */
export interface NodeHostOptions {
  /** How many nodes, named `node-1`, `node-2`, … */
  readonly nodes: number;
  readonly apiSocket: string;
  readonly nodesSocket: string;
  /** Folder for volumes and logs of pods. */
  readonly folder: string;
  /** Release level of pods that ask for none. */
  readonly level: ReleaseLevel;
  readonly logLevel: string;
  /** More images for the process runtime, in the format of its own `images.yaml`. */
  readonly imagesFiles: readonly string[];
}
