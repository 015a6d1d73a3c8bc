import { lag, need, type Scenario, service, story, unharmed } from './scenario.ts';

/** The race of the articles: routers hear of a pod's end 0.1, 1 and 10 s late. */
export const RACES: readonly Scenario[] = [
  ...[0.1, 1, 10].map(
    (seconds): Scenario => ({
      name: `race-${seconds}s`,
      says: `a rollout without preStop loses nothing though every router hears of it ${seconds} s late (#106476, #89263)`,
      plan: story({
        ...lag(seconds * 1000, 20_000 + seconds * 12_000),
        services: [service({ graceSeconds: seconds >= 10 ? 60 : 30 })],
      }),
      also: unharmed,
    }),
  ),
  {
    name: 'race-unguarded',
    says: 'the same rollout as Kubernetes does it, without the gate, does lose requests: the world has the problem in it',
    plan: story({ ...lag(1_000, 25_000), services: [service({ level: 'None' })] }),
    also: (world) => need(world, world.traffic.losses.length > 0, 'no request was lost without the gate'),
  },
  {
    name: 'sleep-is-a-guess',
    says: 'without the gate a preStop sleep that is shorter than the lag loses requests (#114465, aws-lbc#2366)',
    plan: story({ ...lag(4_000, 60_000), services: [service({ level: 'None', preStopSeconds: 2 })] }),
    also: (world) => need(world, world.traffic.losses.length > 0, 'no request was lost though the sleep was too short'),
  },
  {
    name: 'eleven-pods',
    says: 'eleven pods at 100 requests a second, all rolled, lose nothing (ingress-gce#769 lost 96)',
    plan: story({
      services: [service({ replicas: 11, maxSurge: 3, perSecond: 100 })],
      durationMs: 15_000,
    }),
    also: unharmed,
  },
];
