import { getSystemErrorMessage, getSystemErrorName } from 'node:util';

/** The kernel refused a call. `code` is the errno's name (`EEXIST`), `doing` says what was asked for. */
export class KernelError extends Error {
  override readonly name = 'KernelError';
  readonly errno: number;
  readonly code: string;

  constructor(doing: string, errno: number, detail = '') {
    const code = errnoName(errno);
    super(`Cannot ${doing}: ${code}, ${getSystemErrorMessage(-errno)}${detail && ` (${detail})`}`);
    this.errno = errno;
    this.code = code;
  }
}

/** What is needed to speak to the kernel is not there: the message says what, and what to do. */
export class KernelAccessError extends Error {
  override readonly name = 'KernelAccessError';
}

/** True for a `KernelError` with one of these errno names. */
export function isKernelError(error: unknown, ...codes: readonly string[]): error is KernelError {
  return error instanceof KernelError && codes.includes(error.code);
}

function errnoName(errno: number): string {
  const name = getSystemErrorName(-errno);
  return name.startsWith('Unknown') ? `errno ${errno}` : name;
}
