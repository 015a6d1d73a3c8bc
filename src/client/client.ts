import type { WatchStream } from '../api/request.ts';
import { apiVersionOf, pathOf, type Resource } from '../api/resource.ts';
import { type Status, StatusError, statusErrorFrom } from '../api/status.ts';
import type { Draft, KubeList, KubeObject } from '../api/types/meta.ts';
import type { ClientRequest, Transport } from './transport.ts';

export type PatchType = 'json' | 'merge' | 'strategic';

const PATCH_CONTENT_TYPES: Record<PatchType, string> = {
  json: 'application/json-patch+json',
  merge: 'application/merge-patch+json',
  strategic: 'application/strategic-merge-patch+json',
};

export interface ListQuery {
  /** Absent: all namespaces. */
  readonly namespace?: string | undefined;
  readonly labelSelector?: string | undefined;
  readonly fieldSelector?: string | undefined;
  readonly limit?: number;
  readonly continue?: string;
  readonly resourceVersion?: string;
}

export interface WatchQuery extends Omit<ListQuery, 'limit' | 'continue'> {
  readonly allowWatchBookmarks?: boolean;
  readonly timeoutSeconds?: number;
}

export interface DeleteOptions {
  readonly namespace?: string | undefined;
  readonly gracePeriodSeconds?: number;
  readonly propagationPolicy?: 'Background' | 'Foreground' | 'Orphan';
  readonly uid?: string;
  readonly resourceVersion?: string;
}

interface Where {
  readonly namespace?: string | undefined;
  readonly name?: string;
  readonly subresource?: string;
}

/** A typed client for one API server. Every refusal rejects with `StatusError`, every silence with `TransportError`. */
export class Client {
  readonly #transport: Transport;
  readonly #userAgent: string;

  constructor(transport: Transport, options: { userAgent?: string } = {}) {
    this.#transport = transport;
    this.#userAgent = options.userAgent ?? 'segue';
  }

  of<T extends KubeObject>(resource: Resource<T>): ResourceClient<T> {
    return new ResourceClient(this, resource);
  }

  /** The JSON body of a successful answer. */
  async request(
    request: Omit<ClientRequest, 'headers' | 'query' | 'signal'> & Partial<ClientRequest>,
  ): Promise<unknown> {
    const response = await this.raw(request);
    if (response.body.kind === 'object') return response.body.object;
    if (response.body.kind === 'text') return response.body.text;
    throw new StatusError('InternalError', `Cannot read ${request.path}: got a stream, need one answer`);
  }

  async raw(request: Omit<ClientRequest, 'headers' | 'query' | 'signal'> & Partial<ClientRequest>) {
    const response = await this.#transport({
      query: new URLSearchParams(),
      signal: new AbortController().signal,
      ...request,
      headers: { accept: 'application/json', 'user-agent': this.#userAgent, ...request.headers },
    });
    if (response.status >= 400) throw refusal(response.status, response.body);
    return response;
  }
}

/** One kind's verbs. Objects returned are shared and immutable. */
export class ResourceClient<T extends KubeObject> {
  readonly #client: Client;
  readonly resource: Resource<T>;

  constructor(client: Client, resource: Resource<T>) {
    this.#client = client;
    this.resource = resource;
  }

  async get(name: string, where: { namespace?: string | undefined } = {}): Promise<T> {
    return (await this.#client.request({ method: 'GET', path: this.#path({ ...where, name }) })) as T;
  }

  /** One page, or everything without `limit`. `signal` gives up waiting for the answer. */
  async list(query: ListQuery = {}, signal?: AbortSignal): Promise<KubeList<T>> {
    const { namespace, ...rest } = query;
    const request = { method: 'GET' as const, path: this.#path({ namespace }), query: params(rest) };
    return (await this.#client.request({ ...request, ...(signal ? { signal } : {}) })) as KubeList<T>;
  }

  async create(object: Draft<T>): Promise<T> {
    return this.#send('POST', { namespace: object.metadata.namespace }, object);
  }

  /** Replaces the object; with `metadata.resourceVersion` only if it is still the newest, else `Conflict`. */
  async update(object: T): Promise<T> {
    return this.#send('PUT', object.metadata, object);
  }

  async updateStatus(object: T): Promise<T> {
    return this.#send('PUT', { ...where(object), subresource: 'status' }, object);
  }

  /** Posts to a subresource such as `binding`. */
  async createSubresource(
    name: string,
    subresource: string,
    options: { namespace?: string | undefined; object: unknown },
  ) {
    return this.#client.request({
      method: 'POST',
      path: this.#path({ namespace: options.namespace, name, subresource }),
      headers: { 'content-type': 'application/json' },
      body: { object: options.object },
    });
  }

  async patch(
    name: string,
    patch: unknown,
    options: { namespace?: string | undefined; type?: PatchType; subresource?: string } = {},
  ): Promise<T> {
    return (await this.#client.request({
      method: 'PATCH',
      path: this.#path({ ...options, name }),
      headers: { 'content-type': PATCH_CONTENT_TYPES[options.type ?? 'merge'] },
      body: { object: patch },
    })) as T;
  }

  async delete(name: string, options: DeleteOptions = {}): Promise<T> {
    const { namespace, uid, resourceVersion, ...rest } = options;
    const preconditions = { ...(uid ? { uid } : {}), ...(resourceVersion ? { resourceVersion } : {}) };
    const body = {
      apiVersion: 'v1',
      kind: 'DeleteOptions',
      ...rest,
      ...(uid || resourceVersion ? { preconditions } : {}),
    };
    return this.#send('DELETE', { namespace, name }, body);
  }

  /** Opens a watch from `resourceVersion`. Rejects with `Expired` when that is too old. */
  async watch(query: WatchQuery, signal: AbortSignal): Promise<WatchStream> {
    const { namespace, ...rest } = query;
    const response = await this.#client.raw({
      method: 'GET',
      path: this.#path({ namespace }),
      query: params({ ...rest, watch: true }),
      signal,
    });
    if (response.body.kind === 'watch') return response.body.stream;
    throw new StatusError(
      'InternalError',
      `Cannot watch ${this.resource.resource}: the server answered without a stream`,
    );
  }

  #path(at: Where): string {
    return pathOf(this.resource, at);
  }

  async #send(method: 'POST' | 'PUT' | 'DELETE', at: Where, object: object): Promise<T> {
    const { namespace, name, subresource } = at;
    const path = pathOf(this.resource, { namespace, name: method === 'POST' ? undefined : name, subresource });
    const kinded =
      method === 'DELETE' ? object : { ...object, apiVersion: apiVersionOf(this.resource), kind: this.resource.kind };
    return (await this.#client.request({
      method,
      path,
      headers: { 'content-type': 'application/json' },
      body: { object: kinded },
    })) as T;
  }
}

function where(object: KubeObject): Where {
  return { namespace: object.metadata.namespace, name: object.metadata.name };
}

function params(query: object): URLSearchParams {
  const out = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) if (value !== undefined) out.set(name, String(value));
  return out;
}

function refusal(code: number, body: { kind: string; object?: unknown; text?: string }): StatusError {
  const status = body.kind === 'object' ? (body.object as Partial<Status>) : undefined;
  if (status?.kind === 'Status') return statusErrorFrom({ code, ...status } as Status);
  return statusErrorFrom({ code, message: body.text ?? `the server answered ${code}` });
}
