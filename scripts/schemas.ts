import { writeFileSync } from 'node:fs';
import { SCHEMA_PACKAGES } from '../src/api/schema/packages.ts';
import { Converter, type Definitions } from './schemas/convert.ts';
import { fetchGoSources } from './schemas/fetch.ts';
import { readGoPackage } from './schemas/gosource.ts';

/** Writes `src/api/schema/*.json` anew. With a folder as argument, reads the Go sources there instead of fetching them. */
function main(given: string | undefined): void {
  using sources = given === undefined ? fetchGoSources() : { root: given, packages: [], [Symbol.dispose]() {} };
  const packages = SCHEMA_PACKAGES.map((schema) => ({ schema, go: readGoPackage(sources.root, schema.go) }));
  const definitions = new Converter(packages).convert();
  let count = 0;
  for (const { schema } of packages) {
    const found = definitions.get(schema.prefix) ?? {};
    count += Object.keys(found).length;
    writeFileSync(new URL(`../src/api/schema/${schema.file}`, import.meta.url), render(found));
  }
  console.log(`${count} definitions from ${sources.packages.join(', ') || sources.root}`);
}

/** One definition a line, so that a new release reads well as a diff. */
function render(definitions: Definitions): string {
  const lines = Object.entries(definitions).map(
    ([name, schema]) => `${JSON.stringify(name)}:${JSON.stringify(schema)}`,
  );
  return `{\n${lines.join(',\n')}\n}\n`;
}

main(process.argv[2]);
