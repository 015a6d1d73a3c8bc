import type { ApiRequest } from '../../api/request.ts';
import type { VerbHandler } from '../server.ts';
import { get } from '../verbs/get.ts';
import { patch } from '../verbs/patch.ts';
import { update } from '../verbs/update.ts';
import { bind } from './binding.ts';
import { finalize } from './finalize.ts';
import { getLog } from './log.ts';
import { getScale, patchScale, updateScale } from './scale.ts';

/** What can be asked of one kind of subresource, whatever kind it belongs to. */
export interface Subresource {
  readonly methods: Partial<Record<ApiRequest['method'], VerbHandler>>;
  /** The kind it speaks of; its owner's own when absent. */
  readonly type?: { readonly group: string; readonly version: string; readonly kind: string };
}

const SUBRESOURCES: Readonly<Record<string, Subresource>> = {
  status: { methods: { GET: get, PUT: update, PATCH: patch } },
  scale: {
    methods: { GET: getScale, PUT: updateScale, PATCH: patchScale },
    type: { group: 'autoscaling', version: 'v1', kind: 'Scale' },
  },
  binding: { methods: { POST: bind }, type: { group: '', version: 'v1', kind: 'Binding' } },
  log: { methods: { GET: getLog } },
  finalize: { methods: { PUT: finalize } },
};

export function subresourceCalled(name: string): Subresource | undefined {
  return Object.hasOwn(SUBRESOURCES, name) ? SUBRESOURCES[name] : undefined;
}
