import type { Deployment, ReplicaSet } from '../api/types/apps.ts';
import type { KubeEvent, Pod, Service } from '../api/types/core.ts';
import type { PodRelease } from '../api/types/segue.ts';
import type { History, SeenObject, Sighting } from './history.ts';
import type { LossEvent, SummaryEvent } from './load/events.ts';
import { LOSS_KINDS, type LossKind } from './load/outcome.ts';

const LABELS = { app: 'web' };
const NO_TIMES = { mean: 0, p50: 0, p90: 0, p99: 0, p999: 0, max: 0 };

type PodFacts = {
  ready?: boolean;
  deleting?: boolean;
  labels?: Record<string, string>;
  phase?: 'Succeeded' | 'Failed';
};
type DeploymentFacts = {
  replicas: number;
  maxUnavailable?: number | string;
  maxSurge?: number | string;
  minReadySeconds?: number;
};

/** Writes a history for tests, one sighting after the other; times are milliseconds from 0, the start of the load. */
export class HistoryFixture {
  readonly #sightings: Sighting[] = [];
  readonly #losses: LossEvent[] = [];
  readonly #names = new Set<string>();
  #revision = 0;

  constructor() {
    const service: Service = {
      ...this.#object('v1', 'Service', 'web'),
      spec: { selector: LABELS, ports: [{ port: 80 }] },
    };
    this.#see(0, 'ADDED', service);
  }

  deployment(at: number, facts: DeploymentFacts): this {
    const { maxUnavailable, maxSurge, ...spec } = facts;
    const deployment: Deployment = {
      ...this.#object('apps/v1', 'Deployment', 'web'),
      spec: {
        ...spec,
        selector: { matchLabels: LABELS },
        template: { spec: { containers: [] } },
        strategy: {
          type: 'RollingUpdate',
          rollingUpdate: {
            ...(maxUnavailable === undefined ? {} : { maxUnavailable }),
            ...(maxSurge === undefined ? {} : { maxSurge }),
          },
        },
      },
    };
    return this.#see(at, this.#typeOf('Deployment web'), deployment);
  }

  replicaSet(at: number, name: string, replicas: number): this {
    const object = this.#object('apps/v1', 'ReplicaSet', name);
    const owner = { apiVersion: 'apps/v1', kind: 'Deployment', name: 'web', uid: 'uid-Deployment-web' };
    const set: ReplicaSet = {
      ...object,
      metadata: { ...object.metadata, ownerReferences: [owner] },
      spec: { replicas, selector: { matchLabels: LABELS }, template: { spec: { containers: [] } } },
    };
    return this.#see(at, this.#typeOf(`ReplicaSet ${name}`), set);
  }

  pod(at: number, name: string, facts: PodFacts = {}): this {
    return this.#see(at, this.#typeOf(`Pod ${name}`), this.#pod(name, facts));
  }

  podGone(at: number, name: string): this {
    return this.#see(at, 'DELETED', this.#pod(name, { deleting: true }));
  }

  /** Times as in `PodRelease`'s status; what is not given was not reached. */
  release(
    at: number,
    name: string,
    facts: { level?: PodRelease['spec']['level']; outcome?: PodRelease['status']['outcome']; waitingFor?: string[] } & {
      deleted: number;
      released?: number;
      quiet?: number;
      stopped?: number;
    },
  ): this {
    const { level = 'Observed', outcome, waitingFor = [] } = facts;
    const times = { releasedAt: facts.released, quietAt: facts.quiet, stoppedAt: facts.stopped };
    const release: PodRelease = {
      ...this.#object('segue.dev/v1', 'PodRelease', name),
      spec: { podUID: `uid-Pod-${name}`, nodeName: 'node-1', level, deletedResourceVersion: '1' },
      status: {
        phase: facts.released === undefined ? 'Waiting' : 'Released',
        waitingFor,
        deletedAt: microTime(facts.deleted),
        ...(outcome === undefined ? {} : { outcome }),
        ...Object.fromEntries(
          Object.entries(times).flatMap(([key, time]) => (time === undefined ? [] : [[key, microTime(time)]])),
        ),
      },
    };
    return this.#see(at, this.#typeOf(`PodRelease ${name}`), release);
  }

  warning(at: number, podName: string, reason: string): this {
    const event: KubeEvent = {
      ...this.#object('v1', 'Event', `${podName}.1`),
      involvedObject: { kind: 'Pod', name: podName, uid: `uid-Pod-${podName}` },
      type: 'Warning',
      reason,
    };
    return this.#see(at, 'ADDED', event);
  }

  loss(at: number, kind: LossKind, facts: Partial<LossEvent> = {}): this {
    const request = this.#losses.length + 1;
    const phase = kind === 'refused' ? 'connecting' : 'sent';
    this.#losses.push({
      event: 'loss',
      request,
      dueAt: at,
      sentAt: at,
      settledAt: at + 1,
      kind,
      phase,
      reused: false,
      ...facts,
    });
    return this;
  }

  history(facts: Partial<Omit<History, 'load'>> & { load?: Partial<SummaryEvent> } = {}): History {
    const { load, ...rest } = facts;
    return {
      change: 'set env deploy/web VERSION=2',
      changedAt: 1000,
      settledAt: 3500,
      service: { namespace: 'default', name: 'web' },
      load: this.#summary(load),
      losses: this.#losses,
      seconds: [],
      sightings: this.#sightings,
      ...rest,
    };
  }

  #summary(facts: Partial<SummaryEvent> = {}): SummaryEvent {
    const lost = this.#losses.length;
    const count = (kind: LossKind) => this.#losses.filter((loss) => loss.kind === kind).length;
    return {
      event: 'summary',
      url: 'http://10.96.1.2/',
      rate: 1000,
      spacing: 'even',
      connections: 'new',
      startedAt: 0,
      endedAt: 20_000,
      stopped: false,
      sent: 20_000,
      answered: 20_000 - lost,
      lost,
      lostBy: Object.fromEntries(LOSS_KINDS.map((kind) => [kind, count(kind)])) as Record<LossKind, number>,
      statuses: { '200': 20_000 - lost },
      latencyMs: { mean: 1.5, p50: 1.2, p90: 2, p99: 4.55, p999: 9, max: 12.3 },
      lateMs: NO_TIMES,
      unsent: 0,
      valid: true,
      endpoints: {},
      ...facts,
    };
  }

  #pod(name: string, facts: PodFacts): Pod {
    const object = this.#object('v1', 'Pod', name);
    const deletion = facts.deleting
      ? { deletionTimestamp: '1970-01-01T00:00:01Z', deletionGracePeriodSeconds: 30 }
      : {};
    return {
      ...object,
      metadata: { ...object.metadata, labels: facts.labels ?? LABELS, ...deletion },
      spec: { containers: [], nodeName: 'node-1' },
      status: {
        phase: facts.phase ?? 'Running',
        podIP: '10.244.1.7',
        conditions: [{ type: 'Ready', status: facts.ready ? 'True' : 'False' }],
      },
    };
  }

  #object<K extends string>(apiVersion: string, kind: K, name: string) {
    return {
      apiVersion,
      kind,
      metadata: {
        name,
        namespace: 'default',
        uid: `uid-${kind}-${name}`,
        resourceVersion: String(++this.#revision),
        creationTimestamp: '1970-01-01T00:00:00Z',
      },
    };
  }

  #typeOf(key: string): 'ADDED' | 'MODIFIED' {
    const type = this.#names.has(key) ? 'MODIFIED' : 'ADDED';
    this.#names.add(key);
    return type;
  }

  #see(at: number, type: Sighting['type'], object: SeenObject): this {
    this.#sightings.push({ at, type, object });
    return this;
  }
}

function microTime(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 23)}000Z`;
}
