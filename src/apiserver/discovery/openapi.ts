import type { Kind } from '../../api/kind.ts';
import { openApiV3, openApiV3Index } from '../../api/openapi/document.ts';
import type { KindRegistry } from '../../api/registry.ts';
import { apiVersionOf } from '../../api/resource.ts';
import { unknownPath } from '../errors.ts';

const ROOT = '/openapi/v3';

/** The schemas of a registry. The index is kept while the kinds stay the same; a document is made when asked for. */
export class OpenApi {
  readonly #registry: KindRegistry;
  #index: { readonly kinds: readonly Kind[]; readonly body: unknown } | undefined;

  constructor(registry: KindRegistry) {
    this.#registry = registry;
  }

  /** Whether `path` is one of those answered here. */
  static serves(path: string): boolean {
    return path === ROOT || path.startsWith(`${ROOT}/`);
  }

  /** `/openapi/v3`, `/openapi/v3/api/v1` or `/openapi/v3/apis/<group>/<version>`. Throws NotFound for others. */
  answer(path: string): unknown {
    const kinds = this.#registry.all();
    if (path === ROOT) return this.#indexOf(kinds);
    const groupVersion = path.slice(ROOT.length).replace(/^\/apis?\//, '');
    if (!kinds.some((kind) => apiVersionOf(kind.resource) === groupVersion)) throw unknownPath();
    return openApiV3(groupVersion, kinds);
  }

  #indexOf(kinds: readonly Kind[]): unknown {
    const known = this.#index;
    if (known && known.kinds.length === kinds.length && known.kinds.every((kind, at) => kind === kinds[at])) {
      return known.body;
    }
    const body = openApiV3Index(kinds);
    this.#index = { kinds, body };
    return body;
  }
}
