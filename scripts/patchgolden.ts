import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { prune } from '../src/api/schema/prune.ts';
import { schemaOf } from '../src/api/schema/schema.ts';
import { seededRandom } from '../src/base/random.ts';
import { RandomPatch } from './schemas/randompatch.ts';

const CASES = 80;
const SEED = 20_261;
const GOLDEN = new URL('../src/api/patch/strategic.golden.jsonl', import.meta.url);

/** Writes what `kubectl` on the PATH makes of random strategic merge patches: one case a line, for `strategic.test.ts`. */
function main(): void {
  const folder = mkdtempSync(join(tmpdir(), 'segue-golden-'));
  try {
    const random = new RandomPatch(seededRandom(SEED));
    const lines = Array.from({ length: CASES }, () => {
      const current = random.pod();
      const patch = random.patch();
      return JSON.stringify({ current, patch, result: kubectlPatch(folder, current, patch) });
    });
    writeFileSync(GOLDEN, `${lines.join('\n')}\n`);
    console.log(`${CASES} cases`);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function kubectlPatch(folder: string, current: unknown, patch: unknown): unknown {
  const file = join(folder, 'object.json');
  writeFileSync(file, JSON.stringify(current));
  const options = ['--local', '--type', 'strategic', '-o', 'json', '-f', file, '-p', JSON.stringify(patch)];
  const env = { PATH: process.env['PATH'], HOME: folder, KUBECONFIG: '/dev/null' };
  const result = JSON.parse(execFileSync('kubectl', ['patch', ...options], { encoding: 'utf8', env })) as unknown;
  // kubectl keeps the directives of elements that are new; the server's decoder drops them.
  return prune(schemaOf('v1', 'Pod')!, result);
}

main();
