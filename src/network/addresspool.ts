import { PodNetworkError } from './podnetwork.ts';

/** No address is left in a node's range. */
export class AddressesExhaustedError extends PodNetworkError {
  override readonly name = 'AddressesExhaustedError';
}

/**
 * The addresses of a node's pods: each belongs to one owner at a time, and the one unused for longest is handed out
 * first, so that what still remembers an address is given the most time to forget it.
 */
export class AddressPool {
  readonly #free: Set<string>;
  readonly #capacity: number;

  /** `addresses` in the order of their first use. */
  constructor(addresses: readonly string[]) {
    this.#free = new Set(addresses);
    this.#capacity = addresses.length;
  }

  /** Throws `AddressesExhaustedError`. */
  claim(): string {
    for (const address of this.#free) {
      this.#free.delete(address);
      return address;
    }
    throw new AddressesExhaustedError(
      `Cannot give a pod an address: all ${this.#capacity} of this node are in use, need a pod to end or another node`,
    );
  }

  release(address: string): void {
    this.#free.add(address);
  }
}

/** The addresses pods may have in `prefix.0/24`: `.2` to `.254`; `.1` is the node's own. */
export function podAddresses(podCIDR: string): string[] {
  const [network = '', length] = podCIDR.split('/');
  const octets = network.split('.');
  if (length !== '24' || octets.length !== 4 || octets[3] !== '0') {
    throw new RangeError(`Cannot use ${podCIDR} for pods: need an IPv4 range with a prefix length of 24`);
  }
  const prefix = octets.slice(0, 3).join('.');
  return Array.from({ length: 253 }, (_, index) => `${prefix}.${index + 2}`);
}
