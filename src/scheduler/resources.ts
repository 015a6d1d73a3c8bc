import { parseQuantity } from '../api/quantity.ts';
import type { Container, Pod } from '../api/types/core.ts';

/** Amounts by resource name: `cpu` in thousandths of a core, everything else in whole units (bytes, pieces). */
export type Resources = ReadonlyMap<string, number>;

/** What the scheduler counts for a container that asks for none, when it compares how full nodes are. */
const UNASKED: Resources = new Map([
  ['cpu', 100],
  ['memory', 200 * 1024 * 1024],
]);

const NANO_PER_MILLI = 1_000_000n;
const NANO_PER_UNIT = 1_000_000_000n;

export function resourcesOf(quantities: Record<string, string | number> | undefined): Map<string, number> {
  const amounts = new Map<string, number>();
  for (const [name, text] of Object.entries(quantities ?? {})) amounts.set(name, amountOf(name, text));
  return amounts;
}

/**
 * What a pod asks of its node. Containers and sidecars (init containers that restart always) run together; each other
 * init container runs with the sidecars before it; the larger of the two counts, for each resource. What the pod says
 * as a whole (`spec.resources`, KEP-2837) goes before what its containers say, and `spec.overhead` comes on top.
 */
export function requestsOf(pod: Pod): Map<string, number> {
  return totalOf(pod, new Map());
}

/** As `requestsOf`, with a little cpu and memory for each container that asks for none. For scores only. */
export function scoredRequestsOf(pod: Pod): Map<string, number> {
  return totalOf(pod, UNASKED);
}

export function addResources(to: Map<string, number>, amounts: Resources, sign: 1 | -1 = 1): void {
  for (const [name, amount] of amounts) {
    const sum = (to.get(name) ?? 0) + sign * amount;
    if (sum === 0) to.delete(name);
    else to.set(name, sum);
  }
}

function totalOf(pod: Pod, unasked: Resources): Map<string, number> {
  const { containers, initContainers = [] } = pod.spec;
  const whole = pod.spec as { resources?: { requests?: Record<string, string> }; overhead?: Record<string, string> };
  const together = new Map<string, number>();
  for (const container of containers) addResources(together, requested(container, unasked));
  const sidecars = new Map<string, number>();
  const peak = new Map<string, number>();
  for (const container of initContainers) {
    const amounts = requested(container, unasked);
    if (container.restartPolicy === 'Always') {
      addResources(together, amounts);
      addResources(sidecars, amounts);
      raise(peak, sidecars);
    } else {
      addResources(amounts, sidecars);
      raise(peak, amounts);
    }
  }
  raise(together, peak);
  for (const [name, amount] of resourcesOf(whole.resources?.requests)) together.set(name, amount);
  addResources(together, resourcesOf(whole.overhead));
  return together;
}

function requested(container: Container, unasked: Resources): Map<string, number> {
  return new Map([...unasked, ...resourcesOf(container.resources?.requests)]);
}

function raise(to: Map<string, number>, amounts: Resources): void {
  for (const [name, amount] of amounts) to.set(name, Math.max(to.get(name) ?? 0, amount));
}

function amountOf(name: string, text: string | number): number {
  const { nano } = parseQuantity(text);
  const step = name === 'cpu' ? NANO_PER_MILLI : NANO_PER_UNIT;
  return Number(nano > 0n ? (nano + step - 1n) / step : nano / step);
}
