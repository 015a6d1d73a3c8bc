import { at, lag, need, type Scenario, service, story, timeouts, unharmed } from './scenario.ts';

/** How the release of a pod goes when something else happens meanwhile. */
export const RELEASES: readonly Scenario[] = [
  {
    name: 'all-replaced-at-once',
    says: 'every pod is deleted in one moment; those that go on serving take the load until the first new one is known',
    plan: story({ operations: [at(2, 'deleteAllPods')] }),
  },
  {
    name: 'deleted-before-known',
    says: 'pods are deleted before any router has heard of them, and nobody waits for ever',
    plan: story({
      ...lag(1_500, 15_000),
      services: [service({ maxUnavailable: 1, app: { readyMs: [5, 20] } })],
      operations: [2, 2.3, 2.6, 2.9, 3.2, 3.5].map((seconds) => at(seconds, 'deletePod')),
    }),
  },
  {
    name: 'joins-during-release',
    says: 'a node comes up while pods wait for their release: it counts from its registration on',
    plan: story({
      faults: [
        { kind: 'nodeCrash', atMs: 500, forMs: 4_000, strength: 1 },
        { kind: 'consumerLag', atMs: 0, forMs: 20_000, strength: 1, lagMs: 2_000 },
      ],
      operations: [at(4, 'rollout')],
    }),
  },
  {
    name: 'cap-reached',
    says: 'routers that are later than the cap do not keep a pod: it is stopped, and an event names them',
    plan: story({ ...lag(8_000, 25_000), services: [service({ graceSeconds: 5 })] }),
    also: (world) => need(world, timeouts(world) > 0, 'no pod was stopped at its cap'),
  },
  {
    name: 'router-cut-off',
    says: 'a router that is silent for longer than its lease holds up nobody (DESIGN 2.3)',
    plan: story({
      faults: [{ kind: 'nodeCut', atMs: 500, forMs: 24_000, strength: 1 }],
      operations: [at(2, 'deletePod'), at(4, 'deletePod')],
      durationMs: 26_000,
      services: [service({ graceSeconds: 60 })],
    }),
    also: (world) => need(world, timeouts(world) === 0, 'a pod waited until its cap for a router that was cut off'),
  },
  {
    name: 'drained-app-that-dies',
    says: 'an app that ends at once at its stop signal loses nothing at level Drained',
    plan: story({ services: [service({ level: 'Drained', app: { onStop: 'die', serviceMs: [5, 80] } })] }),
    also: unharmed,
  },
];
