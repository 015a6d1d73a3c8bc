import type { StatusCause } from '../status.ts';
import { type ListNode, type MapNode, nodeOf, type ScalarNode, type SchemaNode, type StructNode } from './node.ts';
import { jsonWord, scalarProblem } from './scalarproblem.ts';
import type { Schema } from './shape.ts';
import { Walk } from './walk.ts';

export interface SchemaProblems {
  /** Paths of fields that the schema does not know, as Kubernetes writes them: `spec.containers[0].foo`. */
  readonly unknownFields: string[];
  /** Wrong JSON types in the decoder's words. Kubernetes answers 400 BadRequest with the first of them. */
  readonly typeErrors: string[];
  /** Missing required fields and values outside an enum: 422 Invalid. Nothing below the object's `status` is looked at. */
  readonly causes: StatusCause[];
}

/**
 * Compares `object` with `schema`. As Kubernetes' decoder does, null counts as absent anywhere, and an empty string as
 * absent where an enum stands.
 */
export function checkSchema(schema: Schema, object: unknown): SchemaProblems {
  const check = new Check();
  check.value(nodeOf(schema), object);
  return check;
}

class Check implements SchemaProblems {
  readonly unknownFields: string[] = [];
  readonly typeErrors: string[] = [];
  readonly causes: StatusCause[] = [];
  readonly #walk = new Walk();
  /** Name of the innermost Go struct around the value at hand. */
  #struct = '';
  #inStatus = false;

  value(node: SchemaNode, value: unknown): void {
    if (value === null || value === undefined) return;
    if (node.kind === 'struct') {
      if (isObject(value)) this.#object(node, value);
      else this.#mismatch(jsonWord(value), node.goType);
    } else if (node.kind === 'map') {
      if (isObject(value)) this.#map(node, value);
      else this.#mismatch(jsonWord(value), node.goType);
    } else if (node.kind === 'list') {
      if (Array.isArray(value)) this.#list(node, value);
      else this.#mismatch(jsonWord(value), node.goType);
    } else if (node.kind !== 'any') {
      this.#scalar(node, value);
    }
  }

  #object(node: StructNode, value: Record<string, unknown>): void {
    const outer = this.#struct;
    this.#struct = node.name;
    const atRoot = this.#walk.depth === 0;
    for (const field in value) {
      this.#walk.enterField(field);
      const known = node.properties.get(field);
      if (!known) {
        if (!node.open) this.unknownFields.push(this.#walk.strictPath());
      } else {
        if (atRoot) this.#inStatus = field === 'status';
        this.value(known, value[field]);
      }
      this.#walk.leave();
    }
    this.#struct = outer;
    if (!this.#inStatus || atRoot) this.#required(node, value);
  }

  #required(node: StructNode, value: Record<string, unknown>): void {
    for (const field of node.required) {
      if (value[field] !== undefined && value[field] !== null) continue;
      this.#walk.enterField(field);
      this.causes.push({ reason: 'FieldValueRequired', message: 'Required value', field: this.#walk.fieldPath() });
      this.#walk.leave();
    }
  }

  #map(node: MapNode, value: Record<string, unknown>): void {
    for (const key in value) {
      this.#walk.enterKey(key);
      this.value(node.values, value[key]);
      this.#walk.leave();
    }
  }

  #list(node: ListNode, value: unknown[]): void {
    for (let index = 0; index < value.length; index++) {
      this.#walk.enterIndex(index);
      this.value(node.items, value[index]);
      this.#walk.leave();
    }
  }

  #scalar(node: ScalarNode, value: unknown): void {
    const problem = scalarProblem(node, value);
    if (problem) {
      if ('mismatch' in problem) this.#mismatch(problem.mismatch, node.goType);
      else this.typeErrors.push(problem.message);
    } else if (node.allowed && value !== '' && !this.#inStatus && !node.allowed.includes(value as string)) {
      const supported = node.allowed.map((allowed) => JSON.stringify(allowed)).join(', ');
      const message = `Unsupported value: ${JSON.stringify(value)}: supported values: ${supported}`;
      this.causes.push({ reason: 'FieldValueNotSupported', message, field: this.#walk.fieldPath() });
    }
  }

  #mismatch(found: string, goType: string): void {
    const path = this.#walk.goPath();
    const where = path === '' ? 'value' : `struct field ${this.#struct}.${path}`;
    this.typeErrors.push(`json: cannot unmarshal ${found} into Go ${where} of type ${goType}`);
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && !Array.isArray(value);
}
