import { endpointSlices, podReleases, pods } from '../../src/api/resources.ts';
import { isStatus } from '../../src/api/status.ts';
import type { EndpointSlice } from '../../src/api/types/discovery.ts';
import type { PodRelease } from '../../src/api/types/segue.ts';
import type { Env } from '../../src/base/env.ts';
import type { Client } from '../../src/client/client.ts';
import { Informer } from '../../src/client/informer.ts';
import { Registration } from '../../src/gate/registration.ts';
import { Watermark } from '../../src/gate/watermark.ts';
import { FakeDataPlane } from '../../src/network/proxy/fake/dataplane.ts';
import { ServiceProxy } from '../../src/network/proxy/proxy.ts';
import type { SimTime } from '../clock.ts';

/** What a thin kubelet needs from its sockets and its application, in milliseconds: quiet, then SIGTERM to exit. */
const QUIET_MS = 10;
const STOP_MS = 50;

export interface NodeParts {
  readonly name: string;
  readonly env: Env;
  readonly time: SimTime;
  /** Lags as routers do. */
  readonly router: Client;
  readonly kubelet: Client;
  readonly onReleased: (release: PodRelease) => void;
}

interface Router {
  start(): Promise<void>;
}

/** One of thousands of nodes: the real way of its router and of its kubelet to the gate, and little besides. */
export class ThinNode {
  readonly #parts: NodeParts;
  readonly #router: Router;
  readonly #releases: Informer<PodRelease>;
  readonly #stopping = new Set<string>();

  /** `isWhole`: a whole service proxy over a fake kernel, instead of its watch and its acknowledgements alone. */
  constructor(parts: NodeParts, { isWhole }: { isWhole: boolean }) {
    const { name, env, router, kubelet } = parts;
    this.#parts = parts;
    this.#router = isWhole
      ? new ServiceProxy(router, { env, nodeName: name, dataPlane: new FakeDataPlane(env) })
      : new ThinProxy(router, { env, nodeName: name });
    const fieldSelector = `spec.nodeName=${name}`;
    this.#releases = new Informer(kubelet, podReleases, { env, fieldSelector });
    this.#releases.onChange(({ object }) => {
      if (object?.status.phase === 'Released') this.#released(object);
    });
  }

  async start(): Promise<void> {
    await this.#router.start();
    await this.#releases.start().synced;
  }

  #released(release: PodRelease): void {
    const { podUID } = release.spec;
    if (this.#stopping.has(podUID)) return;
    this.#stopping.add(podUID);
    this.#parts.onReleased(release);
    this.#parts.time.after(QUIET_MS + STOP_MS, () => void this.#remove(release));
  }

  async #remove({ metadata, spec }: PodRelease): Promise<void> {
    const { name, namespace } = metadata;
    try {
      await this.#parts.kubelet.of(pods).delete(name, { namespace, uid: spec.podUID, gracePeriodSeconds: 0 });
    } catch (error) {
      if (!isStatus(error, 'NotFound', 'Conflict')) throw error;
    }
  }
}

/** A service proxy without its rules: what it watches, and what it says to the gate. */
class ThinProxy implements Router {
  readonly #slices: Informer<EndpointSlice>;
  readonly #registration: Registration;

  constructor(client: Client, options: { env: Env; nodeName: string }) {
    const { env, nodeName } = options;
    const watermark = new Watermark();
    this.#slices = new Informer(client, endpointSlices, { env });
    this.#slices.onProgress((revision) => watermark.observed(revision));
    const spec = { component: 'proxy', nodeName, role: 'Consumer' } as const;
    this.#registration = new Registration(client, { env, name: `${nodeName}.proxy`, spec, watermark });
  }

  async start(): Promise<void> {
    await this.#registration.start();
    await this.#slices.start().synced;
  }
}
