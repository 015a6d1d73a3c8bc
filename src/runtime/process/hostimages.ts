import { accessSync, constants, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type ImageInfo, type ImageService, type ImageUse, RuntimeError } from '../runtime.ts';
import { DEFAULT_PATH } from './environment.ts';
import { type ImageEntry, parseImagesFile } from './imagesfile.ts';

const OWN_IMAGES = fileURLToPath(new URL('./images.yaml', import.meta.url));
const PROGRAMS = fileURLToPath(new URL('./programs', import.meta.url));

export interface HostImagesOptions {
  /** Files like `images.yaml`, whose entries come before the own ones. */
  readonly imagesFiles?: readonly string[];
  /** Directories in which programs are looked up, in the form of PATH. */
  readonly searchPath?: string;
}

/** Images that are names for programs installed on the host. */
export class HostImages implements ImageService {
  readonly #entries: readonly ImageEntry[];
  readonly #searchPath: string;

  /** Reads the files. Throws `ImagesFileError`, or Node's error when a file cannot be read. */
  constructor(options: HostImagesOptions = {}) {
    this.#entries = [...(options.imagesFiles ?? []), OWN_IMAGES].flatMap((path) =>
      parseImagesFile(readFileSync(path, 'utf8'), path),
    );
    this.#searchPath = options.searchPath ?? DEFAULT_PATH;
  }

  async pullImage(image: string, use: ImageUse): Promise<ImageInfo> {
    const { name, tag } = parseImageName(image);
    const entries = this.#entries.filter((entry) => entry.names.includes(name)).map((entry) => fill(entry, tag));
    const usable =
      entries.find((entry) => this.#isInstalled(entry.program)) ?? (use.hasCommand ? entries[0] : undefined);
    const id = `host:${name}:${tag}`;
    if (usable) return infoOf(id, usable);
    if (use.hasCommand) return { id, entrypoint: [], cmd: [], env: {}, workingDir: undefined, stopSignal: 'SIGTERM' };
    throw new RuntimeError('ErrImagePull', refusalOf(image, entries));
  }

  #isInstalled(program: string): boolean {
    const paths = program.includes('/')
      ? [program]
      : this.#searchPath.split(':').map((folder) => join(folder, program));
    return paths.some(isExecutable);
  }
}

/** `docker.io/library/nginx:1.27@sha256:…` → nginx, 1.27. Throws ErrImagePull when it is no image name. */
export function parseImageName(image: string): { name: string; tag: string } {
  const [, name, tag] =
    /^((?:[\w.-]+(?::\d+)?\/)?[a-z0-9._/-]+?)(?::([\w][\w.-]{0,127}))?(?:@[a-z0-9]+:[0-9a-f]+)?$/.exec(image) ?? [];
  if (name === undefined) {
    const message = `Failed to apply default image tag ${JSON.stringify(image)}: couldn't parse image name: invalid reference format`;
    throw new RuntimeError('ErrImagePull', message);
  }
  const short = name.replace(/^(?:index\.)?docker\.io\//, '').replace(/^library\//, '');
  return { name: short, tag: tag ?? 'latest' };
}

function refusalOf(image: string, entries: readonly ImageEntry[]): string {
  const [first] = entries;
  if (!first) {
    const state = 'containers here run programs of this machine, and none is known for this name';
    return `Cannot pull image ${JSON.stringify(image)}: ${state}, need a "command" in the container or an entry in the images file`;
  }
  const wanted = entries.map((entry) => `"apt install ${entry.package ?? entry.program}"`).join(' or ');
  const state = `${entries.map((entry) => entry.program).join(' and ')} not installed on this machine`;
  return `Cannot pull image ${JSON.stringify(image)}: ${state}, need ${wanted} or a "command" in the container`;
}

function infoOf(id: string, entry: ImageEntry): ImageInfo {
  const { entrypoint, cmd, env, workingDir, stopSignal, files } = entry;
  return { id, entrypoint, cmd, env, workingDir, stopSignal, files };
}

function fill(entry: ImageEntry, tag: string): ImageEntry {
  const values: Record<string, string> = {
    node: process.execPath,
    nodeDir: dirname(process.execPath),
    programs: PROGRAMS,
    tag,
  };
  const text = (value: string) => value.replace(/\$\{(\w+)\}/g, (whole, name: string) => values[name] ?? whole);
  const texts = (map: Readonly<Record<string, string>>) => {
    return Object.fromEntries(Object.entries(map).map(([key, value]) => [key, text(value)]));
  };
  return {
    ...entry,
    program: text(entry.program),
    entrypoint: entry.entrypoint.map(text),
    cmd: entry.cmd.map(text),
    env: texts(entry.env),
    files: texts(entry.files),
  };
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false; // Not there, or not for us: not usable either way.
  }
}
