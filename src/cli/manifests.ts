import { readdir, readFile, stat } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { LineCounter, parseAllDocuments, type Tags } from 'yaml';
import type { KindRegistry } from '../api/registry.ts';
import type { Resource } from '../api/resource.ts';
import type { KubeObject } from '../api/types/meta.ts';

/** An images file of the process runtime, when it lies beside manifests. */
export const IMAGES_FILE = 'images.yaml';

/** A manifest cannot be used; the message names file and line. */
export class ManifestError extends Error {
  override readonly name = 'ManifestError';
}

export interface Manifest {
  readonly file: string;
  readonly resource: Resource;
  readonly object: KubeObject;
}

export interface ManifestFolder {
  readonly manifests: readonly Manifest[];
  /** Images files found beside them. */
  readonly imagesFiles: readonly string[];
}

/** Reads a manifest file, or all `.yaml`, `.yml` and `.json` files of a folder in the order of their names. */
export async function readManifests(path: string, registry: KindRegistry): Promise<ManifestFolder> {
  const files = await filesOf(path);
  const imagesFiles = files.filter((file) => basename(file) === IMAGES_FILE);
  const manifests: Manifest[] = [];
  for (const file of files) {
    if (!imagesFiles.includes(file)) manifests.push(...(await readFileOf(file, registry)));
  }
  if (manifests.length === 0)
    throw new ManifestError(`Cannot apply ${path}: it holds no manifest, need .yaml or .json files`);
  return {
    manifests: [...manifests].sort((a, b) => rank(a) - rank(b)),
    imagesFiles: imagesFiles.map((file) => resolve(file)),
  };
}

async function filesOf(path: string): Promise<string[]> {
  try {
    if (!(await stat(path)).isDirectory()) return [path];
    const names = (await readdir(path)).filter((name) => /\.(ya?ml|json)$/.test(name)).sort();
    const files: string[] = [];
    for (const file of names.map((name) => join(path, name))) if ((await stat(file)).isFile()) files.push(file);
    return files;
  } catch (error) {
    throw new ManifestError(`Cannot read ${path}: ${(error as Error).message}, need a manifest or a folder of them`);
  }
}

async function readFileOf(file: string, registry: KindRegistry): Promise<Manifest[]> {
  const lines = new LineCounter();
  const documents = parseAllDocuments(await textOf(file), {
    lineCounter: lines,
    version: '1.1',
    customTags: asGoReads,
  });
  return documents.flatMap((document) => {
    const [error] = document.errors;
    const { line } = lines.linePos(error?.pos[0] ?? document.contents?.range?.[0] ?? 0);
    if (error) throw new ManifestError(`Cannot read ${file}:${line}: ${oneLine(error)}`);
    try {
      const value: unknown = document.toJS();
      return value === null ? [] : objectsOf(value, { file, line, registry });
    } catch (thrown) {
      if (!(thrown instanceof ReferenceError)) throw thrown;
      throw new ManifestError(`Cannot read ${file}:${line}: ${oneLine(thrown)}`);
    }
  });
}

function oneLine(error: Error): string {
  return error.message.split('\n', 1)[0] ?? '';
}

/** YAML 1.1 as kubectl reads it (`0644` is octal, `yes` is true), where dates and `1:30` are texts. */
function asGoReads(tags: Tags): Tags {
  return tags.filter(
    (tag) => typeof tag === 'string' || (tag.tag !== 'tag:yaml.org,2002:timestamp' && tag.format !== 'TIME'),
  );
}

async function textOf(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    throw new ManifestError(`Cannot read ${file}: ${(error as Error).message}, need a file that can be read`);
  }
}

interface Place {
  readonly file: string;
  readonly line: number;
  readonly registry: KindRegistry;
}

function objectsOf(value: unknown, place: Place): Manifest[] {
  const { file, line, registry } = place;
  const object = value as Partial<KubeObject> & { items?: unknown };
  if (typeof object !== 'object' || object === null || !object.apiVersion || !object.kind) {
    throw new ManifestError(`Cannot apply ${file}:${line}: apiVersion or kind not set, need both`);
  }
  const items = itemsOf(object);
  if (items) return items.flatMap((item) => objectsOf(item, place));
  const kind = registry.byKind(object.apiVersion, object.kind);
  if (!kind) {
    throw new ManifestError(
      `Cannot apply ${file}:${line}: no matches for kind "${object.kind}" in version "${object.apiVersion}"`,
    );
  }
  if (!object.metadata?.name)
    throw new ManifestError(`Cannot apply ${file}:${line}: metadata.name is not set, need a name`);
  return [{ file, resource: kind.resource, object: object as KubeObject }];
}

/** Items of a `List`, or of a list of one kind, whose items need not say what they are. */
function itemsOf({ apiVersion, kind = '', items }: Partial<KubeObject> & { items?: unknown }): unknown[] | undefined {
  if (!kind.endsWith('List') || !Array.isArray(items)) return kind === 'List' ? [] : undefined;
  if (kind === 'List') return items;
  return items.map((item) => ({ apiVersion, kind: kind.slice(0, -'List'.length), ...item }));
}

/** What others refer to comes first: namespaces, then what pods read, then what finds pods, then pods. */
const ORDER = ['Namespace', 'ServiceAccount', 'ConfigMap', 'Secret', 'Service'];

function rank({ resource }: Manifest): number {
  const index = ORDER.indexOf(resource.kind);
  return index < 0 ? ORDER.length : index;
}
