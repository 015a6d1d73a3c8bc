import type { KindRegistry } from '../../api/registry.ts';
import type { ApiRequest, ApiResponse } from '../../api/request.ts';
import { unknownPath } from '../errors.ts';

export function serveOpenApi(_request: ApiRequest, _registry: KindRegistry, _path: string): ApiResponse {
  throw unknownPath();
}
