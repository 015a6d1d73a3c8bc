/** What can go wrong. Each takes a while, and heals. */
export const FAULT_KINDS = [
  'watchLag',
  'consumerLag',
  'latency',
  'messageLoss',
  'brokenStreams',
  'controllerCrash',
  'apiServerRestart',
  'controlPlaneRestart',
  'nodeCrash',
  'nodeCut',
  'slowDisk',
  'probeFlap',
  'appCrash',
  'kernelRefuses',
  'compaction',
] as const;

export type FaultKind = (typeof FAULT_KINDS)[number];
