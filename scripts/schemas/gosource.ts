import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** What is read of a Go package: its types, the values of its string constants, and what its imports are called. */
export interface GoPackage {
  readonly path: string;
  readonly types: Map<string, GoType>;
  readonly constants: Map<string, GoConstant>;
}

export interface GoType {
  readonly name: string;
  /** Comment lines of the form `+name` or `+name=value`. */
  readonly markers: Markers;
  /** Fields of a struct, or undefined when `underlying` says what the type stands for. */
  readonly fields: GoField[] | undefined;
  readonly underlying: string | undefined;
  /** Import paths by the name they have in the type's file. */
  readonly imports: Map<string, string>;
}

export interface GoField {
  /** Absent for an embedded field. */
  readonly name: string | undefined;
  readonly type: string;
  readonly tags: Record<string, string>;
  readonly markers: Markers;
}

/** A string constant: its value, or the name of the constant that it takes its value from. */
export interface GoConstant {
  readonly type: string | undefined;
  readonly value?: string;
  readonly reference?: { readonly path: string; readonly name: string };
}

export type Markers = ReadonlyMap<string, string[]>;

const FIELD = /^\s+(?:([A-Za-z_]\w*)\s+)?([\w.[\]*{}]+)\s*(?:`([^`]*)`)?\s*(?:\/\/.*)?$/;
/** `X = T(p.Y)`, with both names upper case: the only other form of constants that enums are made of. */
const CONVERTED = /^\s*(\w+)\s*=\s*([A-Z]\w*)\((?:"([^"]*)"|(\w+)\.([A-Z]\w*))\)$/;
const CONSTANT = /^\s*(?:const\s+)?(\w+)(?:\s+(\w+))?\s*=\s*"([^"]*)"/;

/** Reads every Go file of a package that is neither a test nor generated. */
export function readGoPackage(root: string, path: string): GoPackage {
  const result: GoPackage = { path, types: new Map(), constants: new Map() };
  const names = readdirSync(join(root, path)).filter(
    (name) => name.endsWith('.go') && !name.endsWith('_test.go') && !/generated/.test(name),
  );
  for (const name of names) readFile(readFileSync(join(root, path, name), 'utf8'), result);
  return result;
}

function readFile(text: string, into: GoPackage): void {
  const imports = readImports(text);
  const lines = text.split('\n');
  let comments: string[] = [];
  for (let at = 0; at < lines.length; at++) {
    const line = lines[at] ?? '';
    if (line.startsWith('//')) {
      comments.push(line);
      continue;
    }
    readConstant(line, imports, into);
    const declared = /^type (\w+)\s+(?:=\s*)?(.+?)\s*$/.exec(line);
    if (declared) {
      const [, name, rest] = declared as unknown as [string, string, string];
      const isStruct = rest.startsWith('struct');
      const end = isStruct && !rest.endsWith('}') ? lines.indexOf('}', at) : at;
      const fields = isStruct ? readFields(lines.slice(at + 1, end)) : undefined;
      const underlying = isStruct ? undefined : rest.replace(/\s*\/\/.*$/, '');
      into.types.set(name, { name, markers: markersOf(comments), fields, underlying, imports });
      at = end;
    }
    // A blank line does not part a marker from its declaration: `+genclient` and the like stand one block further up.
    if (line.trim() !== '') comments = [];
  }
}

function readConstant(line: string, imports: Map<string, string>, into: GoPackage): void {
  const plain = CONSTANT.exec(line);
  if (plain) into.constants.set(plain[1]!, { type: plain[2], value: plain[3]! });
  const converted = CONVERTED.exec(line);
  if (!converted) return;
  const [, name, type, value, alias, constant] = converted;
  if (value !== undefined) into.constants.set(name!, { type, value });
  else into.constants.set(name!, { type, reference: { path: imports.get(alias!) ?? '', name: constant! } });
}

function readFields(lines: string[]): GoField[] {
  const fields: GoField[] = [];
  let comments: string[] = [];
  for (const line of lines) {
    if (line.trim().startsWith('//')) {
      comments.push(line);
      continue;
    }
    const found = FIELD.exec(line);
    if (found) {
      fields.push({ name: found[1], type: found[2]!, tags: readTags(found[3] ?? ''), markers: markersOf(comments) });
    } else if (line.includes('json:"')) {
      throw new Error(`Cannot read a struct field: found ${JSON.stringify(line)}, need a name, a type and tags`);
    }
    comments = [];
  }
  return fields;
}

function readTags(text: string): Record<string, string> {
  return Object.fromEntries([...text.matchAll(/(\w+):"([^"]*)"/g)].map((tag) => [tag[1]!, tag[2]!]));
}

function markersOf(comments: string[]): Markers {
  const markers = new Map<string, string[]>();
  for (const comment of comments) {
    const found = /^\s*\/\/\s*\+([\w:-]+)(?:=(.*?))?\s*$/.exec(comment);
    if (found) markers.set(found[1]!, [...(markers.get(found[1]!) ?? []), found[2] ?? '']);
  }
  return markers;
}

function readImports(text: string): Map<string, string> {
  const imports = new Map<string, string>();
  const block = /^import \(\n([\s\S]*?)\n\)/m.exec(text)?.[1] ?? /^import (.*)$/m.exec(text)?.[1] ?? '';
  for (const [, alias, path] of block.matchAll(/^\s*(?:(\w+)\s+)?"([^"]+)"/gm)) {
    imports.set(alias ?? path!.slice(path!.lastIndexOf('/') + 1), path!);
  }
  return imports;
}
