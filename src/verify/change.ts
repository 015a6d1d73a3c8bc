import { deployments, pods } from '../api/resources.ts';
import type { Clock } from '../base/clock.ts';
import { timestamp } from '../base/clock.ts';
import type { Client } from '../client/client.ts';

/** A verification cannot be done as asked; the message says what is needed. */
export class VerifyError extends Error {
  override readonly name = 'VerifyError';
}

/** A change to a cluster, in kubectl's words, understood. */
export interface Change {
  /** As the user wrote it. */
  readonly text: string;
  /** The workload it is about. */
  readonly target: { readonly kind: 'Deployment' | 'Pod'; readonly name: string };
  make(client: Client, where: { namespace: string; clock: Clock }): Promise<void>;
}

const FORMS = `set env deploy/NAME KEY=VALUE…, set image deploy/NAME CONTAINER=IMAGE…, rollout restart deploy/NAME, scale deploy/NAME --replicas=N, delete pod/NAME`;

/** Reads a change such as `set env deploy/web VERSION=2`. Throws `VerifyError` for what it does not know. */
export function parseChange(text: string): Change {
  const words = text
    .trim()
    .replace(/^kubectl\s+/, '')
    .split(/\s+/);
  const [first, second] = words;
  if (first === 'set' && second === 'env') return setEnv(text, words.slice(2));
  if (first === 'set' && second === 'image') return setImage(text, words.slice(2));
  if (first === 'rollout' && second === 'restart') return restart(text, words.slice(2));
  if (first === 'scale') return scale(text, words.slice(1));
  if (first === 'delete') return remove(text, words.slice(1));
  throw unknown(text);
}

function unknown(text: string): VerifyError {
  return new VerifyError(`Cannot make the change "${text}": need one of ${FORMS}`);
}

/** `deploy/web` or `deploy web`, and what follows. */
function targetOf(
  text: string,
  words: readonly string[],
): { kind: Change['target']['kind']; name: string; rest: string[] } {
  const [first = '', ...others] = words;
  const [type, inline] = first.split('/');
  const [name, rest] = inline === undefined ? [others[0], others.slice(1)] : [inline, others];
  const kind = KINDS[type as string];
  if (!kind || !name) throw unknown(text);
  return { kind, name, rest: [...rest] };
}

const KINDS: Record<string, Change['target']['kind']> = {
  deploy: 'Deployment',
  deployment: 'Deployment',
  deployments: 'Deployment',
  'deployment.apps': 'Deployment',
  po: 'Pod',
  pod: 'Pod',
  pods: 'Pod',
};

function pairs(text: string, words: readonly string[]): [string, string][] {
  const found = words.map((word): [string, string] => {
    const equals = word.indexOf('=');
    if (equals < 1) throw unknown(text);
    return [word.slice(0, equals), word.slice(equals + 1)];
  });
  if (found.length === 0) throw unknown(text);
  return found;
}

function deploymentOnly(text: string, words: readonly string[]) {
  const target = targetOf(text, words);
  if (target.kind !== 'Deployment') throw unknown(text);
  return target;
}

function setEnv(text: string, words: readonly string[]): Change {
  const { kind, name, rest } = deploymentOnly(text, words);
  const env = pairs(text, rest).map(([key, value]) => ({ name: key, value }));
  return {
    text,
    target: { kind, name },
    make: (client, { namespace }) =>
      patchContainers(client, { namespace, name }, (container) => ({ name: container, env })),
  };
}

function setImage(text: string, words: readonly string[]): Change {
  const { kind, name, rest } = deploymentOnly(text, words);
  const images = new Map(pairs(text, rest));
  return {
    text,
    target: { kind, name },
    make: (client, { namespace }) =>
      patchContainers(client, { namespace, name }, (container) => {
        const image = images.get(container) ?? images.get('*');
        return image === undefined ? undefined : { name: container, image };
      }),
  };
}

function restart(text: string, words: readonly string[]): Change {
  const { kind, name } = deploymentOnly(text, words);
  return {
    text,
    target: { kind, name },
    make: async (client, { namespace, clock }) => {
      const annotations = { 'kubectl.kubernetes.io/restartedAt': timestamp(clock) };
      const patch = { spec: { template: { metadata: { annotations } } } };
      await client.of(deployments).patch(name, patch, { namespace, type: 'strategic' });
    },
  };
}

function scale(text: string, words: readonly string[]): Change {
  const flag = words.find((word) => word.startsWith('--replicas='));
  const { kind, name } = deploymentOnly(
    text,
    words.filter((word) => word !== flag),
  );
  const replicas = Number(flag?.slice('--replicas='.length));
  if (!flag || !Number.isInteger(replicas) || replicas < 0) throw unknown(text);
  return {
    text,
    target: { kind, name },
    make: async (client, { namespace }) => {
      await client.of(deployments).patch(name, { spec: { replicas } }, { namespace });
    },
  };
}

function remove(text: string, words: readonly string[]): Change {
  const { kind, name } = targetOf(text, words);
  if (kind !== 'Pod') throw unknown(text);
  return {
    text,
    target: { kind, name },
    make: async (client, { namespace }) => {
      await client.of(pods).delete(name, { namespace });
    },
  };
}

async function patchContainers(
  client: Client,
  at: { namespace: string; name: string },
  change: (container: string) => object | undefined,
): Promise<void> {
  const { namespace, name } = at;
  const current = await client.of(deployments).get(name, { namespace });
  const containers = current.spec.template.spec.containers.flatMap((container) => change(container.name) ?? []);
  if (containers.length === 0) {
    const names = current.spec.template.spec.containers.map((container) => container.name).join(', ');
    throw new VerifyError(`Cannot change deployment ${name}: no such container, need one of ${names}`);
  }
  const patch = { spec: { template: { spec: { containers } } } };
  await client.of(deployments).patch(name, patch, { namespace, type: 'strategic' });
}
