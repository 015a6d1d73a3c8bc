/**
 * The shape of a JSON value, in the words of OpenAPI v3 with Kubernetes' extensions: a structural schema of a
 * CustomResourceDefinition is one as it stands. Three words differ: `$ref` holds the bare name of a definition, `goType`
 * is what Kubernetes' decoder calls a named type in its errors, and `isKind` tells kinds from parts of them. Shared by all, never changed.
 */
export interface Schema {
  readonly $ref?: string;
  readonly type?: 'object' | 'array' | 'string' | 'integer' | 'number' | 'boolean';
  readonly format?: string;
  readonly description?: string;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly items?: Schema;
  readonly additionalProperties?: Schema | boolean;
  readonly enum?: readonly string[];
  readonly default?: unknown;
  readonly goType?: string;
  /** True for what has an apiVersion and kind of its own. */
  readonly isKind?: boolean;
  readonly oneOf?: readonly Schema[];
  readonly 'x-kubernetes-patch-merge-key'?: string;
  readonly 'x-kubernetes-patch-strategy'?: string;
  readonly 'x-kubernetes-list-type'?: 'atomic' | 'set' | 'map';
  readonly 'x-kubernetes-list-map-keys'?: readonly string[];
  readonly 'x-kubernetes-map-type'?: 'atomic' | 'granular';
  readonly 'x-kubernetes-int-or-string'?: boolean;
  readonly 'x-kubernetes-preserve-unknown-fields'?: boolean;
}
