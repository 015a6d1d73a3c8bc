import type { History, Sighting } from '../../src/verify/history.ts';
import { LOSS_KINDS, type LossKind } from '../../src/verify/load/outcome.ts';
import { EPOCH_MS } from '../clock.ts';
import type { SimLoss } from '../traffic.ts';

const NO_TIMES = { mean: 0, p50: 0, p90: 0, p99: 0, p999: 0, max: 0 };

/** The simulated run in the form that the named guarantees read; times are those of simulated wall clocks. */
export function historyOf(facts: {
  service: { namespace: string; name: string };
  sightings: readonly Sighting[];
  losses: readonly SimLoss[];
  changedAt: number;
}): History {
  const { service, sightings, losses, changedAt } = facts;
  const lost = losses.length;
  const count = (kind: LossKind) => losses.filter((loss) => loss.kind === kind).length;
  return {
    change: 'simulated',
    changedAt: EPOCH_MS + changedAt,
    service,
    load: {
      event: 'summary',
      url: `http://${service.name}.${service.namespace}/`,
      rate: 0,
      spacing: 'poisson',
      connections: 'new',
      startedAt: EPOCH_MS,
      endedAt: EPOCH_MS,
      stopped: false,
      sent: lost,
      answered: 0,
      lost,
      lostBy: Object.fromEntries(LOSS_KINDS.map((kind) => [kind, count(kind)])) as Record<LossKind, number>,
      statuses: {},
      latencyMs: NO_TIMES,
      lateMs: NO_TIMES,
      unsent: 0,
      valid: true,
      endpoints: {},
    },
    losses: losses.map(({ request, sentAt, settledAt, kind, phase, endpointIP }) => ({
      event: 'loss',
      request,
      dueAt: EPOCH_MS + sentAt,
      sentAt: EPOCH_MS + sentAt,
      settledAt: EPOCH_MS + settledAt,
      kind,
      phase,
      ...(endpointIP ? { endpoint: endpointIP } : {}),
      reused: false,
    })),
    seconds: [],
    sightings,
  };
}
