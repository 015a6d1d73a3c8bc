/**
 * The container runtime as the kubelet sees it: the shape of the CRI's RuntimeService (`runtime.v1`), without its
 * protobuf. The law, checked by `runtime.suite.ts` on every implementation:
 * - A sandbox holds the namespaces that a pod's containers share. It exists from `runPodSandbox` to `removePodSandbox`.
 * - A container's first process starts in `startContainer` and never before. Its end is reported exactly once, by
 *   `onExit`, also when it ended before the caller could look. One that could not be started is Exited with 128 and is
 *   not reported.
 * - `stopContainer` sends the stop signal to the container's first process at once, and after the grace SIGKILL to the
 *   whole tree; it resolves when nothing of the container runs any more. A grace of 0 kills at once. Repeating it with
 *   a shorter grace shortens the wait. Stopping what is stopped succeeds.
 * - Nothing outlives `removePodSandbox`: no process, mount or file but the logs.
 */
export interface ContainerRuntime {
  runPodSandbox(config: PodSandboxConfig): Promise<string>;
  /** Kills what still runs in it; its network is the caller's to take down. */
  removePodSandbox(sandboxId: string): Promise<void>;
  /** Throws `RuntimeError` CreateContainerError when the container cannot be run as described (command not found, …). */
  createContainer(sandboxId: string, config: ContainerConfig): Promise<string>;
  /** Resolves when the command runs. Throws `RuntimeError` RunContainerError when it could not be started. */
  startContainer(containerId: string): Promise<ContainerState>;
  /** `graceMs` from now to SIGKILL. `onSignalled` is called in the moment the stop signal was sent. */
  stopContainer(containerId: string, options: StopOptions): Promise<void>;
  removeContainer(containerId: string): Promise<void>;
  containerStatus(containerId: string): ContainerState | undefined;
  /** Runs a command inside the container, `timeoutMs` 0 for no limit; keeps the beginning of long output. Kills it and throws `RuntimeError` ExecTimeout after `timeoutMs`. */
  execSync(containerId: string, command: readonly string[], timeoutMs: number): Promise<ExecResult>;
  /** Calls `listener` once for every container that ends, with its final state. Returns the way to unsubscribe. */
  onExit(listener: (state: ContainerState) => void): () => void;
  /** Ends everything this runtime started. */
  close(): Promise<void>;
}

/** Images as the kubelet sees them: the CRI's ImageService, without layers where images are only names. */
export interface ImageService {
  /** Makes `image` usable. Throws `RuntimeError` ErrImagePull saying what would make it usable. */
  pullImage(image: string, use: ImageUse): Promise<ImageInfo>;
}

export interface ImageUse {
  /** The container names a command of its own, so that the image need not know one. */
  readonly hasCommand: boolean;
}

export interface ImageInfo {
  readonly id: string;
  /** What runs when the container names no command. */
  readonly entrypoint: readonly string[];
  readonly cmd: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly workingDir: string | undefined;
  /** Name of the signal that asks it to stop, e.g. SIGTERM or SIGQUIT. */
  readonly stopSignal: string;
  /** Files the image has beyond those that all containers see: path → content. The sandbox's files come before them. */
  readonly files?: Readonly<Record<string, string>>;
}

export interface PodSandboxConfig {
  readonly uid: string;
  readonly name: string;
  readonly namespace: string;
  readonly hostname: string;
  /** Path that `open` and `setns` take to enter the pod's network namespace; absent for hostNetwork. */
  readonly networkNamespacePath: string | undefined;
  /** Files bound over the host's in every container, e.g. /etc/hosts and /etc/resolv.conf: target → content. */
  readonly files: Readonly<Record<string, string>>;
}

export interface ContainerConfig {
  readonly name: string;
  /** Restart count, from 0: part of the log file's name. */
  readonly attempt: number;
  readonly image: ImageInfo;
  /** Kubernetes' `command` and `args`, expanded; empty means the image's. */
  readonly command: readonly string[];
  readonly args: readonly string[];
  readonly workingDir: string | undefined;
  readonly env: Readonly<Record<string, string>>;
  readonly mounts: readonly Mount[];
  readonly runAsUser: number | undefined;
  readonly runAsGroup: number | undefined;
  /** File that gets stdout and stderr as CRI log lines: `<RFC3339Nano> stdout|stderr F|P <text>`. */
  readonly logPath: string;
}

export interface Mount {
  readonly hostPath: string;
  readonly containerPath: string;
  readonly readOnly: boolean;
}

export interface StopOptions {
  readonly graceMs: number;
  readonly signal: string;
  readonly onSignalled?: () => void;
}

export interface ContainerState {
  readonly id: string;
  readonly sandboxId: string;
  readonly name: string;
  readonly phase: 'Created' | 'Running' | 'Exited';
  /** Milliseconds since the epoch. */
  readonly startedAt: number | undefined;
  readonly finishedAt: number | undefined;
  readonly exitCode: number | undefined;
  /** Number of the signal that ended it, when one did; the exit code is then 128 + signal. */
  readonly signal: number | undefined;
  readonly pid: number | undefined;
  readonly logPath: string;
}

export interface ExecResult {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

export type RuntimeErrorReason =
  | 'ErrImagePull'
  | 'CreateContainerError'
  | 'RunContainerError'
  | 'ExecTimeout'
  | 'NotFound';

/** An expected refusal of the runtime; `reason` is what the pod's status shows. */
export class RuntimeError extends Error {
  override readonly name = 'RuntimeError';
  readonly reason: RuntimeErrorReason;
  constructor(reason: RuntimeErrorReason, message: string, options?: ErrorOptions) {
    super(message, options);
    this.reason = reason;
  }
}
