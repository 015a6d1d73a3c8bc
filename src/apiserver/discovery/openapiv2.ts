import type { ApiResponse } from '../../api/request.ts';

/** What clients ask for when they want OpenAPI v2: gnostic's `openapi.v2.Document` in protobuf. */
const PROTOBUF = 'application/com.github.proto-openapi.spec.v2.v1.0+protobuf';

/** Field numbers of `openapi.v2.Document` and its `Info`. */
const FIELD = { swagger: 1, info: 2, paths: 8, title: 1, version: 2 };

/**
 * `/openapi/v2`: a document that is valid and describes nothing. Every schema is in OpenAPI v3; older ways of kubectl
 * only need to see that v2 knows nothing of a kind, to go on and say that there is no such kind.
 */
export function openApiV2(accept: string | undefined, version: string): ApiResponse {
  if (!accept?.includes('protobuf')) {
    const object = { swagger: '2.0', info: { title: 'Kubernetes', version }, paths: {}, definitions: {} };
    return { status: 200, headers: { 'content-type': 'application/json' }, body: { kind: 'object', object } };
  }
  const info = Buffer.concat([
    field(FIELD.title, Buffer.from('Kubernetes')),
    field(FIELD.version, Buffer.from(version)),
  ]);
  const document = Buffer.concat([
    field(FIELD.swagger, Buffer.from('2.0')),
    field(FIELD.info, info),
    field(FIELD.paths, Buffer.alloc(0)),
  ]);
  return { status: 200, headers: { 'content-type': PROTOBUF }, body: { kind: 'bytes', stream: once(document) } };
}

/** A length-delimited field (wire type 2) shorter than 128 bytes. */
function field(number: number, value: Buffer): Buffer {
  return Buffer.concat([Buffer.from([(number << 3) | 2, value.length]), value]);
}

async function* once(chunk: Uint8Array): AsyncIterable<Uint8Array> {
  yield chunk;
}
