import { apiVersionOf } from '../resource.ts';
import { META_PACKAGE } from '../schema/packages.ts';
import { definitionNameOf } from '../schema/schema.ts';
import { referenceTo } from './components.ts';
import type { Content, GroupVersionKind, OpenApiSchema, Operation, Parameter } from './types.ts';

export interface OperationOptions {
  /** Start of the operation's id: `listAppsV1NamespacedDeployment`. */
  readonly id: string;
  readonly tag: string;
  readonly action: string;
  readonly kind: GroupVersionKind;
  readonly parameters?: readonly Parameter[];
  /** Definition of the body, with the content types it may come in. */
  readonly body?: { readonly name: string; readonly types: readonly string[] };
  /** Definition of the answer. Absent: text. */
  readonly answer: string | undefined;
  /** Code of success, 200 by default. */
  readonly codes?: readonly number[];
}

const DESCRIPTIONS: Readonly<Record<number, string>> = { 200: 'OK', 201: 'Created', 202: 'Accepted' };

export const DELETE_OPTIONS = `${META_PACKAGE.prefix}.DeleteOptions`;
export const STATUS = `${META_PACKAGE.prefix}.Status`;
export const PATCH_BODY = `${META_PACKAGE.prefix}.Patch`;

export function operation(options: OperationOptions): Operation {
  const { parameters, body, answer } = options;
  const content: Content = answer
    ? { 'application/json': { schema: referenceTo(answer) } }
    : { '*/*': { schema: { type: 'string' } } };
  const codes = options.codes ?? [200];
  return {
    operationId: options.id,
    tags: [options.tag],
    ...(parameters ? { parameters } : {}),
    ...(body ? { requestBody: { content: contentOf(body.types, referenceTo(body.name)), required: true } } : {}),
    responses: Object.fromEntries(codes.map((code) => [code, { description: DESCRIPTIONS[code] ?? '', content }])),
    'x-kubernetes-action': options.action,
    'x-kubernetes-group-version-kind': options.kind,
  };
}

function contentOf(types: readonly string[], schema: OpenApiSchema): Content {
  return Object.fromEntries(types.map((type) => [type, { schema }]));
}

/** Definition of a kind; for one without a schema, such as of a custom resource, the name that it would have. */
export function schemaNameOf(kind: GroupVersionKind): string {
  const found = definitionNameOf(apiVersionOf(kind), kind.kind);
  return found ?? `${kind.group.split('.').reverse().join('.')}.${kind.version}.${kind.kind}`;
}
