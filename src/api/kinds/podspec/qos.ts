import { compareQuantities, parseQuantity, type Quantity } from '../../quantity.ts';
import type { Container, PodSpec, PodStatus } from '../../types/core.ts';
import { allContainers } from './defaults.ts';

const COUNTED = ['cpu', 'memory'];

/**
 * The quality-of-service class: Guaranteed when every container limits CPU and memory and requests exactly that,
 * BestEffort when none asks for either, Burstable otherwise. Only for specs that passed validation.
 */
export function qosClassOf(spec: PodSpec): NonNullable<PodStatus['qosClass']> {
  const containers = allContainers(spec);
  if (containers.every((container) => counted(container).length === 0)) return 'BestEffort';
  return containers.every(isGuaranteed) ? 'Guaranteed' : 'Burstable';
}

function counted(container: Container): Quantity[] {
  const { requests = {}, limits = {} } = container.resources ?? {};
  const amounts = COUNTED.flatMap((name) => [requests[name], limits[name]]);
  return amounts.flatMap((text) => (text === undefined ? [] : [parseQuantity(text)])).filter(({ nano }) => nano > 0n);
}

function isGuaranteed(container: Container): boolean {
  const { requests = {}, limits = {} } = container.resources ?? {};
  return COUNTED.every((name) => {
    const limit = limits[name] === undefined ? undefined : parseQuantity(limits[name]);
    if (!limit || limit.nano <= 0n) return false;
    const request = requests[name];
    return request === undefined || compareQuantities(parseQuantity(request), limit) === 0;
  });
}
