import type { ReleaseLevel } from '../src/api/types/segue.ts';
import type { AppBehaviour } from './app.ts';
import type { FaultKind } from './faultkinds.ts';

/** One Deployment with its Service and the load on it. */
export interface ServicePlan {
  readonly name: string;
  readonly replicas: number;
  readonly maxSurge: number;
  readonly maxUnavailable: number;
  readonly graceSeconds: number;
  readonly preStopSeconds: number;
  readonly level: ReleaseLevel;
  /** Undefined: half the grace period. */
  readonly releaseTimeoutSeconds?: number;
  readonly app: Partial<AppBehaviour>;
  readonly perSecond: number;
}

/** Something a user does, at a time after the faults began. */
export type Operation = { readonly atMs: number; readonly service: number } & (
  | { readonly do: 'rollout' }
  | { readonly do: 'scale'; readonly replicas: number }
  | { readonly do: 'deletePod' }
  | { readonly do: 'deleteAllPods' }
);

export interface FaultPlan {
  readonly kind: FaultKind;
  readonly atMs: number;
  readonly forMs: number;
  /** From 0 to 1: how bad. */
  readonly strength: number;
  /** For a lag: exactly this long, on all it can be on, in milliseconds. */
  readonly lagMs?: number;
}

/** All that one run is made of: the same plan and seed give the same run. */
export interface WorldPlan {
  readonly nodes: number;
  readonly services: readonly ServicePlan[];
  readonly operations: readonly Operation[];
  readonly faults: readonly FaultPlan[];
  /** How long faults and operations last, in milliseconds. */
  readonly durationMs: number;
  /** Changes that the store keeps for watches. */
  readonly keepRevisions: number;
  /** Whether wall clocks of the machines differ. */
  readonly skewMs: number;
}

/** The cluster that was asked for cannot be. */
export class PlanError extends Error {
  override readonly name = 'PlanError';
}

/** Throws `PlanError` for a cluster that cannot be. */
export function checkPlan(plan: WorldPlan): void {
  const { nodes, services } = plan;
  if (!Number.isInteger(nodes) || nodes < 1 || nodes > 250) {
    throw new PlanError(`Cannot simulate ${nodes} nodes: need 1 to 250`);
  }
  const pods = services.reduce((sum, { replicas, maxSurge }) => sum + replicas + maxSurge, 0);
  if (pods > nodes * 100) {
    throw new PlanError(
      `Cannot simulate ${pods} pods on ${nodes} nodes: a node takes 100, need ${Math.ceil(pods / 100)} nodes`,
    );
  }
  for (const { name, maxSurge, maxUnavailable, replicas } of services) {
    if (maxSurge === 0 && maxUnavailable === 0) {
      throw new PlanError(`Cannot roll ${name}: maxSurge and maxUnavailable are both 0, need one of them above`);
    }
    if (replicas < 0) throw new PlanError(`Cannot run ${replicas} replicas of ${name}: need 0 or more`);
  }
}
