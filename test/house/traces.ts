import type { SourceFile, Violation } from './tree.ts';

const MACHINE_PATH = /(?<![\w.~@:/-])\/(?:work|home\/\w+|Users\/\w+|root)\/[\w.-]+/;
const REGISTRY = /registry\s*=\s*["']?https?:|--registry\b|npm_config_registry|registry\.(?:npmjs|yarnpkg)\.\w+/i;

/** Traces of one machine or one package registry. */
export function traces({ path, text }: SourceFile): Violation[] {
  return text.split('\n').flatMap((content, index) => {
    const line = index + 1;
    const found = MACHINE_PATH.exec(content)?.[0] ?? REGISTRY.exec(content)?.[0];
    if (found) return [{ path, line, message: `names ${found}` }];
    const isResolved = path.endsWith('package-lock.json') && /"resolved":\s*"(https?|git)/.test(content);
    return isResolved ? [{ path, line, message: 'names where a package was fetched' }] : [];
  });
}
