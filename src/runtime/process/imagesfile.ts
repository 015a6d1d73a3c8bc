import { dirname, resolve } from 'node:path';
import { isMap, isPair, isScalar, LineCounter, type Node, parseDocument } from 'yaml';
import { signalNumber } from './signals.ts';

/** One entry of an images file; its head comment in `images.yaml` says what the fields mean. */
export interface ImageEntry {
  readonly names: readonly string[];
  readonly program: string;
  readonly package: string | undefined;
  readonly entrypoint: readonly string[];
  readonly cmd: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly workingDir: string | undefined;
  readonly stopSignal: string;
  readonly files: Readonly<Record<string, string>>;
}

/** An images file that cannot be used; the message names file, line and what is wrong. */
export class ImagesFileError extends Error {
  override readonly name = 'ImagesFileError';
}

type FieldKind = 'text' | 'list' | 'texts';

const FIELDS: Readonly<Record<string, FieldKind>> = {
  names: 'list',
  program: 'text',
  package: 'text',
  entrypoint: 'list',
  cmd: 'list',
  env: 'texts',
  workingDir: 'text',
  stopSignal: 'text',
  files: 'texts',
};
const NEEDS: Readonly<Record<FieldKind, string>> = {
  text: 'a string',
  list: 'a list of strings',
  texts: 'a mapping of strings',
};

/** Reads an images file. A relative `workingDir` begins at the folder of `path`, which messages name. Throws `ImagesFileError`. */
export function parseImagesFile(text: string, path: string): ImageEntry[] {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines });
  const at = (node: Node | null | undefined) => lines.linePos(node?.range?.[0] ?? 0).line;
  const fail = (line: number, why: string): never => {
    throw new ImagesFileError(`Cannot read images file ${path}:${line}: ${why}`);
  };
  const broken = document.errors[0];
  if (broken) fail(broken.linePos?.[0].line ?? 1, broken.message.split('\n')[0]!.replace(/ at line .*$/, ''));
  const root = document.contents;
  const list = isMap(root) ? root.get('images', true) : undefined;
  const entries = (list as { items?: Node[] } | undefined)?.items;
  if (!isMap(root) || !Array.isArray(entries) || isMap(list as unknown as Node)) {
    return fail(at(root), 'the file is no mapping with a list "images", need one');
  }
  return entries.map((node) => {
    if (!isMap(node)) return fail(at(node), 'the entry is no mapping, need names and program');
    for (const pair of node.items) {
      if (!isPair(pair) || !isScalar(pair.key)) continue;
      const name = String(pair.key.value);
      const kind = FIELDS[name];
      if (!kind) fail(at(pair.key), `unknown field "${name}", need one of ${Object.keys(FIELDS).join(', ')}`);
      const value = (pair.value as Node | null)?.toJS(document);
      if (!isOfKind(value, kind!)) fail(at(pair.key), `${name} has a wrong type, need ${NEEDS[kind!]}`);
    }
    return entryOf(node.toJS(document), { folder: dirname(path), fail: (why) => fail(at(node), why) });
  });
}

function isOfKind(value: unknown, kind: FieldKind): boolean {
  if (kind === 'text') return typeof value === 'string';
  if (typeof value !== 'object' || value === null) return false;
  if (kind === 'list' && !Array.isArray(value)) return false;
  return Object.values(value).every((item) => typeof item === 'string');
}

function entryOf(fields: Partial<ImageEntry>, from: { folder: string; fail: (why: string) => never }): ImageEntry {
  const { folder, fail } = from;
  const { names, program } = fields;
  if (!names || names.length === 0) return fail('the entry has no names, need at least one');
  if (!program) return fail(`the entry of ${names[0]} has no program, need what must be installed`);
  const entrypoint = fields.entrypoint ?? [];
  const cmd = fields.cmd ?? [];
  if (entrypoint.length + cmd.length === 0)
    return fail(`the entry of ${names[0]} runs nothing, need entrypoint or cmd`);
  const stopSignal = fields.stopSignal ?? 'SIGTERM';
  try {
    signalNumber(stopSignal);
  } catch {
    return fail(`stopSignal ${stopSignal} is no signal, need one like SIGTERM`);
  }
  return {
    names,
    program,
    package: fields.package,
    entrypoint,
    cmd,
    env: fields.env ?? {},
    workingDir: fields.workingDir === undefined ? undefined : resolve(folder, fields.workingDir),
    stopSignal,
    files: fields.files ?? {},
  };
}
