/** The parts of an OpenAPI v3 document that Kubernetes clients read. */
export interface OpenApiV3Document {
  readonly openapi: '3.0.0';
  readonly info: { readonly title: string; readonly version: string };
  readonly paths: Readonly<Record<string, PathItem>>;
  readonly components: { readonly schemas: Readonly<Record<string, OpenApiSchema>> };
}

/** What `/openapi/v3` answers: where the document of each group version is. */
export interface OpenApiV3Index {
  readonly paths: Readonly<Record<string, { readonly serverRelativeURL: string }>>;
}

export type Method = 'get' | 'put' | 'post' | 'delete' | 'patch';
export type PathItem = { readonly [M in Method]?: Operation } & { readonly parameters: readonly Parameter[] };

export interface Operation {
  readonly operationId: string;
  readonly tags: readonly string[];
  readonly parameters?: readonly Parameter[];
  readonly requestBody?: { readonly content: Content; readonly required: boolean };
  readonly responses: Readonly<Record<string, { readonly description: string; readonly content?: Content }>>;
  readonly 'x-kubernetes-action': string;
  readonly 'x-kubernetes-group-version-kind': GroupVersionKind;
}

export type Content = Readonly<Record<string, { readonly schema: OpenApiSchema }>>;

export interface Parameter {
  readonly name: string;
  readonly in: 'query' | 'path';
  readonly description: string;
  readonly required?: boolean;
  readonly schema: { readonly type: 'string' | 'integer' | 'boolean'; readonly uniqueItems: true };
}

export interface GroupVersionKind {
  readonly group: string;
  readonly version: string;
  readonly kind: string;
}

/** A JSON schema as OpenAPI v3 has it, with `x-kubernetes-…` extensions. */
export type OpenApiSchema = Readonly<Record<string, unknown>>;
