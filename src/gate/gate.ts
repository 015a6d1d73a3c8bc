/** A component that publishes endpoints or routes to them, as far as the gate cares. */
export interface Participant {
  readonly name: string;
  readonly role: 'Publisher' | 'Consumer';
  /** Watermark: everything up to this resourceVersion has been acted on. */
  readonly observed: number;
  /** Publisher: resourceVersion of its latest slice write. */
  readonly published: number;
}

/** One pod's wish to be told to stop. */
export interface ReleaseRequest {
  /** resourceVersion at which the pod's deletion began. */
  readonly deleted: number;
  /** resourceVersion that every consumer must reach, once it was stated. */
  readonly required: number | undefined;
}

export interface Verdict {
  readonly required: number | undefined;
  readonly released: boolean;
}

/** How many of those who are waited for are named. */
export const NAMES_MAX = 16;

/** What the gate waits for when no publisher is registered: nobody can say that the pod left the slices. */
export const NO_PUBLISHER = 'endpointslice-controller (not registered)';

/**
 * The decision when a deleted pod may be told to stop (DESIGN, the gate): pure, without time or I/O.
 *
 * 1. Every publisher's watermark over pods has reached the deletion; the latest slice write of all of them is then
 *    `required`: at or before it, every slice that listed the pod as ready was rewritten.
 * 2. Every consumer's watermark over slices has reached `required`.
 *
 * The cost of an acknowledgement does not depend on the number of consumers, services, endpoints or pods: watermarks
 * are counted by value, and few values differ at any time.
 */
export class Gate {
  readonly #participants = new Map<string, Participant>();
  readonly #publishers = new Map<string, Participant>();
  readonly #consumersAt = new Map<number, number>();
  #minimum = Number.POSITIVE_INFINITY;

  /** The watermark that every consumer has reached; infinite when there is none to wait for. */
  get minimum(): number {
    return this.#minimum;
  }

  get participants(): ReadonlyMap<string, Participant> {
    return this.#participants;
  }

  /** A participant registered or said how far it is. */
  seen(participant: Participant): void {
    this.#uncount(participant.name);
    this.#participants.set(participant.name, participant);
    if (participant.role === 'Consumer') this.#count(participant.observed, 1);
    else this.#publishers.set(participant.name, participant);
  }

  /** A participant unregistered, or its lease lapsed: it no longer holds anyone up. */
  gone(name: string): void {
    this.#uncount(name);
    this.#participants.delete(name);
    this.#publishers.delete(name);
  }

  judge(request: ReleaseRequest): Verdict {
    const required = request.required ?? this.#required(request.deleted);
    return { required, released: required !== undefined && this.#minimum >= required };
  }

  /** Names of those who have not let go yet, sorted, at most `limit` of them. */
  waitingFor(request: ReleaseRequest, limit = NAMES_MAX): string[] {
    const { required, released } = this.judge(request);
    if (released) return [];
    if (required === undefined && this.#publishers.size === 0) return [NO_PUBLISHER];
    return required === undefined
      ? firstNames(this.#publishers.values(), { limit, isLate: ({ observed }) => observed < request.deleted })
      : firstNames(this.#participants.values(), {
          limit,
          isLate: ({ role, observed }) => role === 'Consumer' && observed < required,
        });
  }

  #required(deleted: number): number | undefined {
    const publishers = [...this.#publishers.values()];
    if (publishers.length === 0 || publishers.some(({ observed }) => observed < deleted)) return undefined;
    return Math.max(...publishers.map(({ published }) => published));
  }

  #uncount(name: string): void {
    const known = this.#participants.get(name);
    if (known?.role === 'Consumer') this.#count(known.observed, -1);
  }

  #count(observed: number, by: 1 | -1): void {
    const count = (this.#consumersAt.get(observed) ?? 0) + by;
    if (count > 0) this.#consumersAt.set(observed, count);
    else this.#consumersAt.delete(observed);
    if (by === 1) this.#minimum = Math.min(this.#minimum, observed);
    else if (count === 0 && observed === this.#minimum) this.#minimum = Math.min(...this.#consumersAt.keys());
  }
}

/** The first names in their order, in one look at each: of thousands that are late only a few are named. */
function firstNames(
  participants: Iterable<Participant>,
  { limit, isLate }: { limit: number; isLate: (participant: Participant) => boolean },
): string[] {
  const names: string[] = [];
  for (const participant of participants) {
    const { name } = participant;
    if (!isLate(participant) || (names.length === limit && name >= (names.at(-1) ?? ''))) continue;
    const at = names.findIndex((one) => name < one);
    names.splice(at < 0 ? names.length : at, 0, name);
    if (names.length > limit) names.pop();
  }
  return names;
}
