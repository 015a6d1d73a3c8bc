import { subresourceCalled } from '../subresources/subresources.ts';

const VERB_OF_METHOD: Readonly<Record<string, string>> = { GET: 'get', PUT: 'update', PATCH: 'patch', POST: 'create' };

/** The verbs that discovery names for a subresource, sorted. */
export function subresourceVerbs(name: string): string[] {
  const methods = Object.keys(subresourceCalled(name)?.methods ?? {});
  return methods.map((method) => VERB_OF_METHOD[method] ?? method.toLowerCase()).sort();
}
