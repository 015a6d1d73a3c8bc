import { spawn } from 'node:child_process';
import { dirname } from 'node:path';
import { text } from 'node:stream/consumers';
import { kubectlPath } from '../../scripts/kubectl.ts';

/** What a run of kubectl printed and how it ended: `code` is null when a signal ended it. */
export interface KubectlResult {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/**
 * Runs the real kubectl 1.32 against the cluster of `kubeconfig` and waits for its end. `input` goes to its standard
 * input. Its home is the kubeconfig's folder: nothing of the user's own configuration is read, and no cluster is seen
 * through what was cached of another one.
 */
export async function kubectl(
  kubeconfig: string,
  args: readonly string[],
  options: { input?: string; signal?: AbortSignal } = {},
): Promise<KubectlResult> {
  const home = dirname(kubeconfig);
  const child = spawn(await kubectlPath(), [...args], {
    env: { PATH: process.env['PATH'], HOME: home, KUBECONFIG: kubeconfig },
    stdio: ['pipe', 'pipe', 'pipe'],
    ...(options.signal && { signal: options.signal }),
  });
  const ended = new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  // kubectl may end without reading its input; what matters then is its exit code.
  child.stdin.on('error', () => {});
  child.stdin.end(options.input ?? '');
  const [code, stdout, stderr] = await Promise.all([ended, text(child.stdout), text(child.stderr)]);
  return { code, stdout, stderr };
}
