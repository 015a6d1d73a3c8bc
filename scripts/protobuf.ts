import { writeFileSync } from 'node:fs';
import { SCHEMA_PACKAGES } from '../src/api/schema/packages.ts';
import { fetchGoSources } from './schemas/fetch.ts';
import { type GoField, type GoPackage, type GoType, readGoPackage } from './schemas/gosource.ts';

/** Types whose JSON is not that of their protobuf message, by Go package and name: the words that `src/apiserver/protobuf/fields.ts` explains. */
const SPECIAL: Readonly<Record<string, string>> = {
  'k8s.io/apimachinery/pkg/api/resource.Quantity': 'quantity',
  'k8s.io/apimachinery/pkg/apis/meta/v1.Time': 'time',
  'k8s.io/apimachinery/pkg/apis/meta/v1.MicroTime': 'time',
  'k8s.io/apimachinery/pkg/apis/meta/v1.Duration': 'duration',
  'k8s.io/apimachinery/pkg/apis/meta/v1.FieldsV1': 'raw',
  'k8s.io/apimachinery/pkg/runtime.RawExtension': 'raw',
  'k8s.io/apimachinery/pkg/util/intstr.IntOrString': 'intorstring',
};

const SCALARS: Readonly<Record<string, string>> = {
  string: 'string',
  bool: 'bool',
  int: 'int',
  int32: 'int',
  int64: 'int',
  uint32: 'int',
  uint64: 'int',
  float64: 'double',
  '[]byte': 'bytes',
};

/** Writes `src/apiserver/protobuf/fields.json` anew. With a folder as argument, reads the Go sources there. */
function main(given: string | undefined): void {
  using sources = given === undefined ? fetchGoSources() : { root: given, packages: [], [Symbol.dispose]() {} };
  const packages = new Map(SCHEMA_PACKAGES.map(({ go }) => [go, readGoPackage(sources.root, go)]));
  const table: Record<string, Record<string, string>> = {};
  for (const { go, prefix } of SCHEMA_PACKAGES) {
    for (const type of packages.get(go)?.types.values() ?? []) {
      const fields = fieldsOf(packages, go, type);
      if (fields) table[`${prefix}.${type.name}`] = fields;
    }
  }
  const text = `${JSON.stringify(table, null, 2)}\n`;
  writeFileSync(new URL('../src/apiserver/protobuf/fields.json', import.meta.url), text);
  console.log(`${Object.keys(table).length} messages from ${sources.packages.join(', ') || sources.root}`);
}

type Packages = ReadonlyMap<string, GoPackage>;

function fieldsOf(packages: Packages, path: string, type: GoType): Record<string, string> | undefined {
  if (!type.fields || SPECIAL[`${path}.${type.name}`]) return undefined;
  const entries = type.fields.flatMap((field) => {
    const [, number, label] = (field.tags['protobuf'] ?? '').split(',');
    if (!number || Number.isNaN(Number(number))) return [];
    return [[number, specOf(packages, { path, type, field, isRepeated: label === 'rep' })] as const];
  });
  return entries.length > 0 ? Object.fromEntries(entries) : undefined;
}

/** `name[*] type`: `*` keeps a zero, `<` in place of the name merges the message into its parent. */
function specOf(
  packages: Packages,
  where: { path: string; type: GoType; field: GoField; isRepeated: boolean },
): string {
  const { path, type, field, isRepeated } = where;
  const [name = '', ...options] = (field.tags['json'] ?? '').split(',');
  const isPointer = field.type.startsWith('*');
  // Some tags say `opt` for plain slices; only named list types are messages of their own.
  const go = field.type.replace(/^\*/, '');
  const expression = expressionOf(packages, { path, type, go, isRepeated: isRepeated || go.startsWith('[]') });
  if (options.includes('inline') || name === '') return `< ${expression}`;
  return `${name}${isPointer || !options.includes('omitempty') ? '*' : ''} ${expression}`;
}

function expressionOf(
  packages: Packages,
  where: { path: string; type: GoType; go: string; isRepeated: boolean },
): string {
  const { path, type, go, isRepeated } = where;
  const scalar = SCALARS[go];
  if (scalar) return scalar;
  const list = /^\[\](.+)$/.exec(go);
  if (list) {
    const items = `[${expressionOf(packages, { ...where, go: list[1]!.replace(/^\*/, ''), isRepeated: false })}`;
    return isRepeated ? items : `(${items}`;
  }
  const map = /^map\[[\w.]+\](.+)$/.exec(go);
  if (map) return `{${expressionOf(packages, { ...where, go: map[1]!.replace(/^\*/, ''), isRepeated: false })}`;
  return namedExpression(packages, { path, type, go, isRepeated });
}

function namedExpression(
  packages: Packages,
  { path, type, go, isRepeated }: { path: string; type: GoType; go: string; isRepeated: boolean },
): string {
  const [first = '', second] = go.split('.');
  const owner = second === undefined ? path : (type.imports.get(first) ?? '');
  const name = second ?? first;
  const special = SPECIAL[`${owner}.${name}`];
  if (special) return special;
  const found = packages.get(owner)?.types.get(name);
  if (!found) {
    // Plain named types of packages that are not read: UID and the like.
    if (owner.endsWith('/pkg/types')) return 'string';
    throw new Error(`Cannot find the Go type ${owner}.${name}: need its package among those that are read`);
  }
  if (found.underlying !== undefined)
    return expressionOf(packages, { path: owner, type: found, go: found.underlying, isRepeated });
  const prefix = SCHEMA_PACKAGES.find((known) => known.go === owner)?.prefix;
  return `${prefix}.${name}`;
}

main(process.argv[2]);
