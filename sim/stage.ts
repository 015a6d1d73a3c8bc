import type { Random } from '../src/base/random.ts';
import type { Client } from '../src/client/client.ts';
import type { SimTime } from './clock.ts';
import type { SimNode } from './node.ts';
import type { WorldPlan } from './plan.ts';
import type { SimProcess } from './process.ts';
import type { Trace } from './trace.ts';
import type { Truth } from './truth.ts';

/** What faults and users find to act upon in a world. */
export interface Stage {
  readonly plan: WorldPlan;
  readonly time: SimTime;
  readonly random: Random;
  readonly truth: Truth;
  readonly trace: Trace;
  /** A client that needs no network. */
  readonly user: Client;
  readonly controllers: readonly SimProcess[];
  readonly nodes: readonly SimNode[];
  /** Every process of ours but the API server. */
  readonly processes: SimProcess[];
  /** What Deployments ask for by now. */
  readonly replicas: Map<string, number>;
  diskMs: readonly [from: number, to: number];
  crashApiServer(): void;
  startApiServer(): Promise<void>;
  /** The store forgets all but its latest `keep` revisions. */
  compact(keep: number): void;
}
