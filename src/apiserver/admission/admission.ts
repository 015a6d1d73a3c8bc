import type { Kind } from '../../api/kind.ts';
import type { KubeObject } from '../../api/types/meta.ts';

/** What was set aside for a write (addresses, ports): kept when the write succeeds, given back when it does not. */
export interface Reservation {
  keep(): void;
  giveBack(): void;
}

/**
 * What the server adds to the writes of one kind, beyond what the kind's own pure functions say: things that need the
 * state of the server. Every method is optional.
 */
export interface AdmissionHook {
  /** Sets aside what the valid object needs and writes it into `object`. Throws a `StatusError` when it is not free. */
  reserve?(object: KubeObject, old: KubeObject | undefined): Reservation;
  /** The object is gone: gives back what it held. */
  released?(object: KubeObject): void;
  /** Throws a `StatusError` when the object may not be deleted. */
  checkDelete?(object: KubeObject): void;
  /** Changes an object that begins to be deleted. */
  markDeleting?(object: KubeObject): void;
  /** True while the object must stay although nothing in its metadata holds it. */
  holdsDeletion?(object: KubeObject): boolean;
}

/** Checks that concern the creation of every kind. Throws a `StatusError`. */
export type CreateCheck = (kind: Kind, object: KubeObject) => void;

/** All that is asked around a write, in one place. */
export class Admission {
  readonly #hooks: ReadonlyMap<string, AdmissionHook>;
  readonly #createChecks: readonly CreateCheck[];

  /** `hooks` by `<group>/<resource>`. */
  constructor(options: { hooks: ReadonlyMap<string, AdmissionHook>; createChecks: readonly CreateCheck[] }) {
    this.#hooks = options.hooks;
    this.#createChecks = options.createChecks;
  }

  checkCreate(kind: Kind, object: KubeObject): void {
    for (const check of this.#createChecks) check(kind, object);
  }

  hookOf(kind: Kind): AdmissionHook {
    return this.#hooks.get(hookKey(kind.resource)) ?? NO_HOOK;
  }
}

export function hookKey(resource: { group: string; resource: string }): string {
  return `${resource.group}/${resource.resource}`;
}

const NO_HOOK: AdmissionHook = {};
