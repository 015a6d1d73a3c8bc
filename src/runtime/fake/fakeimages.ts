import type { ImageInfo, ImageService } from '../runtime.ts';
import { RuntimeError } from '../runtime.ts';

/** Images by name: what each one runs, or why it cannot be pulled. Names that were not told of run `sh`. */
export class FakeImages implements ImageService {
  readonly #known: Map<string, Partial<ImageInfo> | RuntimeError>;

  constructor(known: Readonly<Record<string, Partial<ImageInfo> | RuntimeError>> = {}) {
    this.#known = new Map(Object.entries(known));
  }

  /** From now on `image` is this. */
  set(image: string, what: Partial<ImageInfo> | RuntimeError): void {
    this.#known.set(image, what);
  }

  async pullImage(image: string): Promise<ImageInfo> {
    const known = this.#known.get(image);
    if (known instanceof RuntimeError) throw known;
    return { id: image, entrypoint: [], cmd: ['sh'], env: {}, workingDir: undefined, stopSignal: 'SIGTERM', ...known };
  }
}
