import { type Import, imports, targetOf } from './imports.ts';
import { isTest, type SourceFile, type Violation } from './tree.ts';

/** Everything that stands below the composition root. */
const ALL = ['*'];
/** `segue simulate` offers the simulated world to users: nothing else of the product knows it. */
const SIMULATION = 'sim/';
const DATA_PLANE = ['base', 'linux', 'api', 'client', 'gate', 'network', 'runtime'];

/**
 * STYLE.md's import table: for each zone (a folder; the longest one that holds a file counts) the zones it may import.
 * A path with `.ts` is that one file and no more. Tests and suites may import anything.
 */
export const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  'src/base': [],
  'src/linux': ['base'],
  'src/api': ['base'],
  'src/store': ['base', 'api'],
  'src/store/memory': ['base', 'api', 'store'],
  'src/store/sqlite': ['base', 'api', 'store'],
  'src/apiserver': ['base', 'api', 'store', 'gate'],
  'src/client': ['base', 'api'],
  'src/gate': ['base', 'api', 'client'],
  'src/scheduler': ['base', 'api', 'client'],
  'src/controllers': ['base', 'api', 'client', 'gate'],
  'src/kubelet': ['base', 'api', 'client', 'gate', 'runtime/runtime.ts', 'network/podnetwork.ts'],
  'src/kubelet/local': ['base', 'api', 'kubelet', 'runtime/runtime.ts', 'network/podnetwork.ts'],
  'src/runtime': ['base', 'api'],
  'src/runtime/process': ['base', 'api', 'linux', 'runtime'],
  'src/runtime/fake': ['base', 'api', 'runtime'],
  'src/network': ['base', 'api', 'client', 'gate'],
  'src/network/bridge': DATA_PLANE,
  'src/network/fake': DATA_PLANE,
  'src/network/proxy': ['base', 'api', 'client', 'gate', 'network'],
  'src/network/proxy/nftables': [...DATA_PLANE, 'network/proxy'],
  'src/network/proxy/fake': [...DATA_PLANE, 'network/proxy'],
  'src/network/dns': DATA_PLANE,
  'src/network/ingress': DATA_PLANE,
  'src/network/loadbalancer': DATA_PLANE,
  'src/lifecycle': [],
  'src/verify': ['base', 'api', 'client'],
  'src/lint': ['base', 'api'],
  'src/cluster': ALL,
  'src/cli': ['base', 'api', 'client', 'verify', 'lint', 'cluster', SIMULATION],
  'src/web': ['api/types'],
  scripts: ['base', 'api'],
  examples: ['lifecycle'],
  sim: ALL,
  bench: ALL,
  test: ALL,
};

/** Folders of which one part never imports another: what they share stands in the folder itself. */
const APART = ['src/controllers'];

/** Zones without sockets, files and processes: these come to them through `Env` and interfaces. */
const PURE = ['src/api', 'src/apiserver', 'src/gate', 'src/scheduler', 'src/controllers', 'src/lint'];
const OUTSIDE = /^node:(fs|net|http|https|http2|tls|dgram|dns|child_process|worker_threads|cluster|os)(\/|$)|^undici$/;

/** Uses of such a module that reach nothing outside: a function without I/O, and the package's own data. */
const PURE_USES: Readonly<Record<string, string>> = {
  'src/api/ip.ts': 'node:net',
  'src/api/kinds/ingress.ts': 'node:net',
  'src/api/schema/schema.ts': 'node:fs',
};

/** The folder of the table that holds `path`. */
export function zoneOf(path: string): string | undefined {
  const zones = Object.keys(MAY_IMPORT).filter((zone) => path.startsWith(`${zone}/`));
  return zones.sort((a, b) => b.length - a.length)[0];
}

/** Imports that go against the table. */
export function wrongDirections(files: readonly SourceFile[]): Violation[] {
  return files.flatMap(({ path, text }) => {
    const zone = zoneOf(path);
    if (!zone)
      return path.includes('/') ? [{ path, message: 'is in no zone of MAY_IMPORT: give its folder a row' }] : [];
    if (isTest(path)) return [];
    return imports(text).flatMap((found) => {
      const message = problem(path, { zone, found });
      return message ? [{ path, line: found.line, message }] : [];
    });
  });
}

function problem(path: string, { zone, found }: { zone: string; found: Import }): string | undefined {
  const target = targetOf(path, found);
  if (target === undefined) {
    const isPure = PURE.some((folder) => path.startsWith(`${folder}/`)) && PURE_USES[path] !== found.specifier;
    return isPure && OUTSIDE.test(found.specifier)
      ? `imports ${found.specifier}: ${zone} takes the outside as an input`
      : undefined;
  }
  const isOffered = target.startsWith(SIMULATION) && (MAY_IMPORT[zone] ?? []).includes(SIMULATION);
  if (isTest(target) && !isTest(path) && !isOffered) return `imports ${target}, which is for tests`;
  const apart = APART.find((folder) => path.startsWith(`${folder}/`) && target.startsWith(`${folder}/`));
  if (apart && partOf(apart, target) !== undefined && partOf(apart, target) !== partOf(apart, path)) {
    return `imports ${target}: no part of ${apart} imports another`;
  }
  return mayImport(zone, target)
    ? undefined
    : `imports ${target}: ${zone} may import only ${(MAY_IMPORT[zone] ?? []).join(', ') || 'itself'}`;
}

function mayImport(zone: string, target: string): boolean {
  const targetZone = zoneOf(target);
  if (targetZone === undefined || targetZone === zone) return true;
  return (MAY_IMPORT[zone] ?? []).some((allowed) => {
    if (allowed === '*') return targetZone !== 'src/cli';
    if (allowed.endsWith('/')) return target.startsWith(allowed);
    if (allowed.endsWith('.ts')) return target === `src/${allowed}`;
    return target.startsWith(`src/${allowed}/`) && zoneOf(`src/${allowed}/x.ts`) === targetZone;
  });
}

/** `endpoints` of `src/controllers/endpoints/plan.ts`; nothing for a file of the folder itself. */
function partOf(folder: string, path: string): string | undefined {
  const rest = path.slice(folder.length + 1).split('/');
  return rest.length > 1 ? rest[0] : undefined;
}
