import type { Pod } from '../../src/api/types/core.ts';
import { noRequestLost as promise } from '../../src/verify/guarantees/norequestlost.ts';
import type { Sighting } from '../../src/verify/history.ts';
import { isReadyAt, podLives } from '../../src/verify/podlife.ts';
import { EPOCH_MS } from '../clock.ts';
import type { SimLoss } from '../traffic.ts';
import type { Interval } from '../world.ts';
import type { Finding } from './finding.ts';
import { historyOf } from './history.ts';
import { excusedPods } from './releasedbeforestop.ts';

export interface LossFacts {
  readonly losses: readonly SimLoss[];
  readonly sightings: readonly Sighting[];
  /** When the pod at an address fell over, or lost its node. */
  readonly crashedAddresses: ReadonlyMap<string, number>;
  readonly outages: readonly Interval[];
  readonly silences: readonly { readonly consumer: string; readonly from: number; readonly to: number }[];
}

/** How long a router that was cut off may take to catch up once it is heard again, in milliseconds. */
const CATCH_UP_MS = 15_000;
/** How long after a moment without any ready pod a router may not know of the first one, in milliseconds. */
const NEWS_MS = 60_000;

/** A SYN that a full accept queue dropped is sent again after this long: Linux' first retransmission. */
const SYN_RETRY_MS = 1_000;

/**
 * NoRequestLost: a request sent while at least one ready pod existed got its whole answer. A loss counts unless it has
 * an excuse that the design names: the pod fell over, its node or the client's was without power, the router was cut
 * off beyond its lease, the pod was stopped at the cap or asked for no wait, or the service was down altogether and its
 * first new pod was not known to the router yet.
 */
export function noRequestLost(facts: LossFacts): Finding[] {
  const services = new Set(facts.losses.map(({ service }) => service));
  return [...services].flatMap((service) => {
    const [namespace = '', name = ''] = service.split('/');
    const own = facts.losses.filter((loss) => loss.service === service);
    const excuses = new Excuses(facts, { namespace, name });
    const counted = own.filter((loss) => excuses.of(loss) === undefined);
    const history = historyOf({
      service: { namespace, name },
      sightings: facts.sightings,
      losses: counted,
      changedAt: 0,
    });
    return promise.violations(history).map((violation) => {
      const loss = counted.find(({ sentAt }) => EPOCH_MS + sentAt === violation.at);
      return {
        guarantee: promise.name,
        at: violation.at - EPOCH_MS,
        what: `${violation.what}, through ${loss?.via} to ${loss?.endpointIP ?? 'nobody'}`,
        about: [excuses.podAt(loss?.endpointIP, loss?.settledAt ?? 0)?.metadata.name ?? name, name],
      };
    });
  });
}

class Excuses {
  readonly #facts: LossFacts;
  /** By address, in the order of time: a node without power begins its addresses anew. */
  readonly #pods = new Map<string, { readonly at: number; readonly pod: Pod }[]>();
  readonly #released: ReadonlySet<string>;
  readonly #isReadyAt: (at: number) => boolean;
  readonly #ends: readonly number[];

  constructor(facts: LossFacts, service: { namespace: string; name: string }) {
    this.#facts = facts;
    this.#released = excusedPods(facts.sightings);
    for (const { object, at } of facts.sightings) {
      if (object.kind !== 'Pod') continue;
      const pod = object as Pod;
      const ip = pod.status?.podIP;
      if (!ip) continue;
      const known = this.#pods.get(ip) ?? [];
      known.push({ at: at - EPOCH_MS, pod });
      this.#pods.set(ip, known);
    }
    const lives = podLives(historyOf({ service, sightings: facts.sightings, losses: [], changedAt: 0 }));
    const backends = lives.filter(({ backend }) => backend);
    this.#isReadyAt = (at) => backends.some((life) => isReadyAt(life, EPOCH_MS + at));
    this.#ends = backends.flatMap(({ ready }) => ready.map(({ to }) => to - EPOCH_MS));
  }

  /** The pod that had `ip` at a moment, as it was then. */
  podAt(ip: string | undefined, at: number): Pod | undefined {
    return ip === undefined ? undefined : this.#pods.get(ip)?.findLast((seen) => seen.at <= at)?.pod;
  }

  of(loss: SimLoss): string | undefined {
    const { sentAt, settledAt, endpointIP, via } = loss;
    const crashedAt = endpointIP === undefined ? undefined : this.#facts.crashedAddresses.get(endpointIP);
    if (crashedAt !== undefined && crashedAt <= settledAt) return 'the pod fell over';
    const during = ({ from, to }: { from: number; to: number }) => from <= settledAt && sentAt <= to;
    if (this.#facts.outages.some((outage) => outage.node === via && during(outage))) return 'the client had no power';
    const isCutOff = this.#facts.silences.some(
      ({ consumer, from, to }) => consumer === `${via}.proxy` && during({ from, to: to + CATCH_UP_MS }),
    );
    if (isCutOff) return 'the router was cut off';
    const pod = this.podAt(endpointIP, settledAt);
    if (pod && this.#released.has(pod.metadata.uid)) return 'the pod was stopped at the cap';
    const wasRepeated = settledAt - sentAt >= SYN_RETRY_MS && loss.phase === 'connecting';
    if (wasRepeated && !this.#isReadyAt(settledAt)) return 'the service was down when its SYN was sent again';
    return this.#wasDown(loss) ? 'the service was down altogether' : undefined;
  }

  /** All that the router knew were pods that were going, and shortly before there was no other. */
  #wasDown({ known, sentAt }: SimLoss): boolean {
    const knewReady = known.some((ip) => !this.podAt(ip, sentAt)?.metadata.deletionTimestamp);
    if (knewReady) return false;
    const firstReady = this.#ends.length === 0 || !this.#isReadyAt(sentAt);
    return firstReady || this.#ends.some((at) => at <= sentAt && at >= sentAt - NEWS_MS && !this.#isReadyAt(at));
  }
}
