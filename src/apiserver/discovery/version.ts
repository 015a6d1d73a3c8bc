import { assert } from '../../base/assert.ts';

/** `/version`, in the shape of `version.Info`. `gitVersion` is what clients show and compare, such as `v1.35.0+segue`. */
export function versionInfo(gitVersion: string): Record<string, string> {
  const found = /^v(\d+)\.(\d+)\.\d+/.exec(gitVersion);
  assert(found, `version ${gitVersion} has the form v1.35.0`);
  const [, major = '', minor = ''] = found;
  return {
    major,
    minor,
    gitVersion,
    gitCommit: '',
    gitTreeState: 'clean',
    buildDate: '1970-01-01T00:00:00Z',
    goVersion: '',
    compiler: '',
    platform: 'linux',
  };
}
