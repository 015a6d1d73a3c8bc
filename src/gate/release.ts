/**
 * The release of one pod as its kubelet goes through it.
 *
 *                 routersLetGo             quiet, settleTimeout
 *     Waiting ───────────────────► Settling ───────────────────► Released
 *        │                            │                             ▲
 *        │ capReached, notRequired    │ capReached                  │
 *        └────────────────────────────┴─────────────────────────────┘
 *
 * Invariants, each a test in `release.test.ts`:
 * 1. Released is final: nothing that happens later changes it or acts again.
 * 2. Without the cap, Released is reached only after the routers let go and then the sockets were quiet or settled.
 * 3. Every way to Released that skipped a wait says so in its outcome.
 */
export type ReleaseState = 'Waiting' | 'Settling' | 'Released';

export type ReleaseEvent =
  /** The gate says that every router let go. */
  | 'routersLetGo'
  /** The pod's sockets are quiet. */
  | 'quiet'
  /** They were not quiet within the bound for it. */
  | 'settleTimeout'
  /** The whole wait reached its cap. */
  | 'capReached'
  /** Level None, a pod without network, a grace period of zero. */
  | 'notRequired';

export type ReleaseAction = 'startSettling' | 'stop' | 'stopTimedOut' | 'stopNotRequired' | undefined;

export interface ReleaseStep {
  readonly next: ReleaseState;
  readonly action: ReleaseAction;
}

const stay = (next: ReleaseState): ReleaseStep => ({ next, action: undefined });
const to = (next: ReleaseState, action: ReleaseAction): ReleaseStep => ({ next, action });

const TABLE: Record<ReleaseState, Record<ReleaseEvent, ReleaseStep>> = {
  Waiting: {
    routersLetGo: to('Settling', 'startSettling'),
    quiet: stay('Waiting'),
    settleTimeout: stay('Waiting'),
    capReached: to('Released', 'stopTimedOut'),
    notRequired: to('Released', 'stopNotRequired'),
  },
  Settling: {
    routersLetGo: stay('Settling'),
    quiet: to('Released', 'stop'),
    settleTimeout: to('Released', 'stop'),
    capReached: to('Released', 'stopTimedOut'),
    notRequired: to('Released', 'stopNotRequired'),
  },
  Released: {
    routersLetGo: stay('Released'),
    quiet: stay('Released'),
    settleTimeout: stay('Released'),
    capReached: stay('Released'),
    notRequired: stay('Released'),
  },
};

export function releaseStep(state: ReleaseState, event: ReleaseEvent): ReleaseStep {
  return TABLE[state][event];
}
