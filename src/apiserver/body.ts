import { parseDocument } from 'yaml';
import type { ApiRequest } from '../api/request.ts';
import { badRequest, StatusError } from '../api/status.ts';
import { decodeProtobuf, PROTOBUF_TYPE } from './protobuf/decode.ts';

/** Largest body that is read, as in Kubernetes: 3 MiB. */
export const BODY_BYTES_MAX = 3 * 1024 * 1024;

const YAML_TYPES = new Set(['application/yaml', 'text/yaml', 'application/x-yaml']);

/** Media type of the body without parameters; JSON when the client does not say. */
export function contentTypeOf(request: ApiRequest): string {
  const header = request.headers['content-type'] ?? 'application/json';
  return (header.split(';')[0] ?? '').trim().toLowerCase();
}

/** The JSON value of a JSON, YAML or protobuf body, or undefined when there is none. In-process values come back uncopied. */
export function readBody(request: ApiRequest): unknown {
  const { body } = request;
  if (!body) return undefined;
  if ('object' in body) return body.object;
  if (body.byteLength === 0) return undefined;
  const contentType = contentTypeOf(request);
  if (YAML_TYPES.has(contentType)) return parseYaml(bodyText(body));
  if (contentType === PROTOBUF_TYPE) return decodeProtobuf(checkSize(body));
  if (contentType === 'application/json' || contentType === '*/*') return parseJson(bodyText(body));
  throw unsupportedMediaType(['application/json', 'application/yaml', PROTOBUF_TYPE]);
}

/** The value of a body that is JSON whatever its content type says (patches), or YAML where it says so. */
export function readPatch(request: ApiRequest): unknown {
  const { body } = request;
  if (!body) throw badRequest('Cannot patch the object: the request has no body, need a patch');
  if ('object' in body) return body.object;
  return parseJson(bodyText(body));
}

export function unsupportedMediaType(accepted: readonly string[]): StatusError {
  const list = accepted.join(', ');
  const message = `the body of the request was in an unknown format - accepted media types include: ${list}`;
  return new StatusError('UnsupportedMediaType', message);
}

function checkSize(body: Uint8Array): Uint8Array {
  if (body.byteLength <= BODY_BYTES_MAX) return body;
  throw new StatusError('RequestEntityTooLarge', `Request entity too large: limit is ${BODY_BYTES_MAX}`);
}

function bodyText(body: Uint8Array): string {
  checkSize(body);
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(body);
  } catch (error) {
    throw new StatusError('BadRequest', 'Cannot read the body: it is not UTF-8', { cause: error });
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    const message = `the object provided is unrecognized (must be valid JSON): ${why}`;
    throw new StatusError('BadRequest', message, { cause: error });
  }
}

function parseYaml(text: string): unknown {
  const document = parseDocument(text, { uniqueKeys: true });
  const error = document.errors[0];
  if (error) {
    const line = error.linePos?.[0].line;
    const why = error.message.split('\n')[0]?.replace(/ at line \d+.*$/, '');
    throw badRequest(`error converting YAML to JSON: yaml: ${line ? `line ${line}: ` : ''}${why}`);
  }
  return document.toJS({ maxAliasCount: 100 });
}
