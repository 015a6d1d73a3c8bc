import { at, type Scenario, service, story } from './scenario.ts';

/** What happens to machines and to the control plane. */
export const MACHINES: readonly Scenario[] = [
  {
    name: 'node-lost',
    says: 'a node loses its power during a rollout and comes back: only its own connections are lost (#116965)',
    plan: story({
      faults: [{ kind: 'nodeCrash', atMs: 3_000, forMs: 12_000, strength: 1 }],
      operations: [at(2, 'rollout'), at(6, 'rollout')],
    }),
  },
  {
    name: 'control-plane-restarts',
    says: 'the API server is killed twice during a rollout: what it had acknowledged holds, and nobody is stopped early',
    plan: story({
      faults: [2_500, 6_000].map((atMs) => ({ kind: 'apiServerRestart' as const, atMs, forMs: 3_000, strength: 0.5 })),
      operations: [at(2, 'rollout'), at(5.5, 'rollout')],
    }),
  },
  {
    name: 'everything-restarts',
    says: 'API server, gate and controllers are killed at once while routers lag: nobody is stopped before they are back',
    plan: story({
      faults: [
        { kind: 'consumerLag', atMs: 0, forMs: 20_000, strength: 1, lagMs: 1_500 },
        { kind: 'controlPlaneRestart', atMs: 2_500, forMs: 3_000, strength: 0.1 },
        { kind: 'controlPlaneRestart', atMs: 6_000, forMs: 3_000, strength: 0.1 },
      ],
      operations: [at(2, 'rollout'), at(5.5, 'rollout')],
    }),
  },
  {
    name: 'controllers-crash',
    says: 'controllers are killed between any two writes of a rollout, which goes on where it was',
    plan: story({
      services: [service({ replicas: 5 })],
      faults: [{ kind: 'controllerCrash', atMs: 1_500, forMs: 15_000, strength: 1 }],
      operations: [at(2, 'rollout'), at(7, 'rollout'), at(12, 'rollout')],
    }),
  },
];
