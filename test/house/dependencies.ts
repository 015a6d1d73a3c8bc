/** What package.json says it is built on. */
export interface Manifest {
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
}

/** Differences between package.json and the reasons given: `` - `name`: reason `` below `## Runtime` and `## Development`. */
export function dependencyProblems(manifest: Manifest, document: string): string[] {
  const runtime = { ...manifest.dependencies, ...manifest.optionalDependencies };
  return [
    ...compare(Object.keys(runtime), reasonsBelow(document, 'Runtime'), 'Runtime'),
    ...compare(Object.keys(manifest.devDependencies ?? {}), reasonsBelow(document, 'Development'), 'Development'),
  ];
}

/** Packages of `dependencies` that none of the specifiers names. */
export function unusedDependencies(manifest: Manifest, specifiers: readonly string[]): string[] {
  const names = Object.keys(manifest.dependencies ?? {});
  return names.filter(
    (name) => !specifiers.some((specifier) => specifier === name || specifier.startsWith(`${name}/`)),
  );
}

/** Packages of specifiers that are not among `declared`. */
export function undeclaredDependencies(specifiers: readonly string[], declared: readonly string[]): string[] {
  const packages = specifiers.filter((specifier) => !/^(\.|node:)/.test(specifier));
  const names = packages.map((specifier) =>
    specifier
      .split('/')
      .slice(0, specifier.startsWith('@') ? 2 : 1)
      .join('/'),
  );
  return [...new Set(names)].filter((name) => !declared.includes(name));
}

function compare(declared: readonly string[], reasons: ReadonlyMap<string, string>, section: string): string[] {
  const missing = declared
    .filter((name) => (reasons.get(name)?.length ?? 0) < 10)
    .map((name) => `${name} has no reason below ${section}`);
  const extra = [...reasons.keys()].filter((name) => !declared.includes(name));
  return [...missing, ...extra.map((name) => `${name} stands below ${section} and is not in package.json`)];
}

function reasonsBelow(document: string, section: string): Map<string, string> {
  const body = document.split(/^## /m).find((part) => part.startsWith(`${section}\n`)) ?? '';
  return new Map([...body.matchAll(/^- `([^`]+)`: (.*)$/gm)].map(([, name = '', reason = '']) => [name, reason]));
}
