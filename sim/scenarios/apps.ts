import { at, need, type Scenario, service, story, unharmed } from './scenario.ts';

/** What applications do wrong, or do their own way. */
export const APPS: readonly Scenario[] = [
  {
    name: 'closes-listener-first',
    says: 'an app that closes its listener in the moment of the stop signal, with a busy event loop, loses nothing (nodejs#60617)',
    plan: story({
      services: [service({ app: { blockedMs: 40, blockedShare: 0.2 }, perSecond: 40 })],
      operations: [at(2, 'rollout'), at(8, 'rollout')],
    }),
    also: unharmed,
  },
  {
    name: 'ignores-stop-signal',
    says: 'an app that ignores the stop signal is killed when its grace is over, hooks included, and not later (#117373)',
    plan: story({
      services: [service({ replicas: 2, graceSeconds: 5, preStopSeconds: 2, app: { onStop: 'ignore' } })],
      durationMs: 25_000,
    }),
    also: (world) => {
      const late = world.truth.sightings.filter(({ object, type, at: when }) => {
        const asked = Date.parse(object.metadata.deletionTimestamp ?? '');
        return object.kind === 'Pod' && type === 'DELETED' && when > asked + 3_000;
      });
      return need(world, late.length === 0, `${late.length} pods outlived their grace period`);
    },
  },
  {
    name: 'slow-to-be-ready',
    says: 'pods that take two seconds to listen get no request before they do (ingress-gce#1656)',
    plan: story({ services: [service({ app: { readyMs: [1_500, 2_500] } })], durationMs: 30_000 }),
    also: unharmed,
  },
  {
    name: 'prestop-of-the-articles',
    says: 'the preStop sleep of 15 s with a grace of 45 s does no harm where it stands already (#64510)',
    plan: story({
      services: [service({ replicas: 2, preStopSeconds: 15, graceSeconds: 45 })],
      durationMs: 50_000,
    }),
    also: unharmed,
  },
];
