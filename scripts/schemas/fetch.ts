import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** The Debian packages that carry the Go sources of Kubernetes' API types. */
const PACKAGES = ['golang-k8s-api-dev', 'golang-k8s-apimachinery-dev', 'golang-k8s-apiextensions-apiserver-dev'];
const SOURCE = 'deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] http://deb.debian.org/debian sid main\n';

/** An unpacked Go source tree that is removed when disposed. */
export interface GoSources extends Disposable {
  /** Folder that import paths are relative to. */
  readonly root: string;
  /** Package file names, versions included. */
  readonly packages: readonly string[];
}

/**
 * Downloads and unpacks the packages into a temporary folder. apt runs on a configuration of its own inside that folder:
 * nothing is installed and nothing of the machine's own apt is read or changed.
 */
export function fetchGoSources(): GoSources {
  const folder = mkdtempSync(join(tmpdir(), 'segue-schemas-'));
  const dispose = () => rmSync(folder, { recursive: true, force: true });
  try {
    const env = { ...process.env, APT_CONFIG: writeAptConfiguration(folder) };
    execFileSync('apt-get', ['update'], { cwd: folder, env, stdio: ['ignore', 'ignore', 'pipe'] });
    execFileSync('apt-get', ['download', ...PACKAGES], { cwd: folder, env, stdio: ['ignore', 'ignore', 'pipe'] });
    const packages = readdirSync(folder).filter((name) => name.endsWith('.deb'));
    for (const name of packages) execFileSync('dpkg-deb', ['-x', join(folder, name), join(folder, 'tree')]);
    return { root: join(folder, 'tree/usr/share/gocode/src'), packages, [Symbol.dispose]: dispose };
  } catch (error) {
    dispose();
    throw error;
  }
}

function writeAptConfiguration(folder: string): string {
  for (const name of ['state/lists/partial', 'cache/archives/partial', 'parts']) {
    mkdirSync(join(folder, name), { recursive: true });
  }
  writeFileSync(join(folder, 'sources.list'), SOURCE);
  writeFileSync(join(folder, 'status'), '');
  const path = join(folder, 'apt.conf');
  writeFileSync(
    path,
    [
      `Dir::Etc::SourceList "${folder}/sources.list";`,
      `Dir::Etc::SourceParts "${folder}/parts";`,
      `Dir::State "${folder}/state";`,
      `Dir::State::status "${folder}/status";`,
      `Dir::Cache "${folder}/cache";`,
      'Acquire::Languages "none";',
      'APT::Sandbox::User "root";',
      '',
    ].join('\n'),
  );
  return path;
}
