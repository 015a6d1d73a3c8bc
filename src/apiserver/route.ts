import { badRequest } from '../api/status.ts';

/** What a path below `/api` or `/apis` names. `resource` absent: the path asks for discovery. */
export interface Route {
  readonly group: string | undefined;
  readonly version: string | undefined;
  readonly namespace: string | undefined;
  readonly resource: string | undefined;
  readonly name: string | undefined;
  readonly subresource: string | undefined;
  /** The path goes on after the subresource, which only proxies allow. */
  readonly rest: string | undefined;
}

/** Subresources of a namespace itself; any other word after its name is a resource in it. */
const NAMESPACE_SUBRESOURCES = new Set(['status', 'finalize']);

/** Reads a path, or undefined when it is not below `/api` or `/apis`. Throws BadRequest for broken percent-encoding. */
export function parseRoute(path: string): Route | undefined {
  const words = path.split('/').slice(1).map(decode);
  if (words.at(-1) === '') words.pop();
  const root = words.shift();
  if (root === 'api') return route('', words);
  if (root === 'apis') return words.length === 0 ? route(undefined, words) : route(words.shift(), words);
  return undefined;
}

function route(group: string | undefined, words: string[]): Route {
  const version = words.shift();
  const namespaced = words[0] === 'namespaces' && words.length > 2 && !isNamespaceSubresource(words);
  const namespace = namespaced ? words[1] : undefined;
  const [resource, name, subresource, ...rest] = namespaced ? words.slice(2) : words;
  return { group, version, namespace, resource, name, subresource, rest: rest.length > 0 ? rest.join('/') : undefined };
}

function isNamespaceSubresource(words: readonly string[]): boolean {
  return words.length === 3 && NAMESPACE_SUBRESOURCES.has(words[2] ?? '');
}

function decode(word: string): string {
  if (!word.includes('%')) return word;
  try {
    return decodeURIComponent(word);
  } catch (error) {
    if (error instanceof URIError) throw badRequest(`Cannot read the path: "${word}" is not percent-encoded UTF-8`);
    throw error;
  }
}
