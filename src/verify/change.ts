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
  const words = wordsOf(text);
  if (words[0] === 'kubectl') words.shift();
  const [first, second] = words;
  if (first === 'set' && second === 'env') return setEnv(text, words.slice(2));
  if (first === 'set' && second === 'image') return setImage(text, words.slice(2));
  if (first === 'rollout' && second === 'restart') return restart(text, words.slice(2));
  if (first === 'scale') return scale(text, words.slice(1));
  if (first === 'delete') return remove(text, words.slice(1));
  throw unknown(text);
}

/** Words as a shell splits them: quotes keep spaces together and are not part of the word. */
function wordsOf(text: string): string[] {
  const word = /\s*((?:[^\s'"\\]|\\.|'[^']*'|"(?:[^"\\]|\\.)*")+)\s*/suy;
  const words: string[] = [];
  while (word.lastIndex < text.length) {
    const found = word.exec(text)?.[1];
    if (found === undefined) throw unknown(text);
    words.push(found.replace(/'([^']*)'|"((?:[^"\\]|\\.)*)"|\\(.)/gsu, unquoted));
  }
  return words;
}

function unquoted(_whole: string, single?: string, double?: string, escaped?: string): string {
  return single ?? double?.replace(/\\(["\\$`])/gu, '$1') ?? escaped ?? '';
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
  const [type = '', inline, ...more] = first.split('/');
  const [name, rest] = inline === undefined ? [others[0], others.slice(1)] : [inline, others];
  const kind = KINDS.get(type);
  if (!kind || !name || name.startsWith('-') || more.length > 0) throw unknown(text);
  return { kind, name, rest };
}

/** As `targetOf`, where nothing may follow. */
function targetAlone(text: string, words: readonly string[], wanted: Change['target']['kind']) {
  const { kind, name, rest } = targetOf(text, words);
  if (kind !== wanted || rest.length > 0) throw unknown(text);
  return { kind, name };
}

const KINDS = new Map<string, Change['target']['kind']>(
  Object.entries({
    deploy: 'Deployment',
    deployment: 'Deployment',
    deployments: 'Deployment',
    'deployment.apps': 'Deployment',
    po: 'Pod',
    pod: 'Pod',
    pods: 'Pod',
  }),
);

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
  if ([...images.values()].includes('')) throw unknown(text);
  const named = [...images.keys()].filter((container) => container !== '*');
  const change = (container: string) => {
    const image = images.get(container) ?? images.get('*');
    return image === undefined ? undefined : { name: container, image };
  };
  return {
    text,
    target: { kind, name },
    make: (client, { namespace }) => patchContainers(client, { namespace, name, named }, change),
  };
}

function restart(text: string, words: readonly string[]): Change {
  const { kind, name } = targetAlone(text, words, 'Deployment');
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
  const at = words.findIndex((word) => word === '--replicas' || word.startsWith('--replicas='));
  const count = words[at] === '--replicas' ? words[at + 1] : words[at]?.slice('--replicas='.length);
  if (at < 0 || !/^\d+$/.test(count ?? '')) throw unknown(text);
  const { kind, name } = targetAlone(text, words.toSpliced(at, words[at] === '--replicas' ? 2 : 1), 'Deployment');
  const replicas = Number(count);
  return {
    text,
    target: { kind, name },
    make: async (client, { namespace }) => {
      await client.of(deployments).patch(name, { spec: { replicas } }, { namespace });
    },
  };
}

function remove(text: string, words: readonly string[]): Change {
  const { kind, name } = targetAlone(text, words, 'Pod');
  return {
    text,
    target: { kind, name },
    make: async (client, { namespace }) => {
      await client.of(pods).delete(name, { namespace });
    },
  };
}

/** Patches the containers for which `change` gives a patch. Throws `VerifyError` when one of `named` is not there. */
async function patchContainers(
  client: Client,
  at: { namespace: string; name: string; named?: readonly string[] },
  change: (container: string) => object | undefined,
): Promise<void> {
  const { namespace, name, named = [] } = at;
  const current = await client.of(deployments).get(name, { namespace });
  const known = current.spec.template.spec.containers.map((container) => container.name);
  const absent = named.find((container) => !known.includes(container));
  if (absent !== undefined) {
    throw new VerifyError(
      `Cannot change deployment ${name}: it has no container ${absent}, need one of ${known.join(', ')}`,
    );
  }
  const patch = { spec: { template: { spec: { containers: known.flatMap((container) => change(container) ?? []) } } } };
  await client.of(deployments).patch(name, patch, { namespace, type: 'strategic' });
}
