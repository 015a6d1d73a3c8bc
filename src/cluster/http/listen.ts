import type { ListenOptions, Server } from 'node:net';

/** The address or path is taken by another process. */
export class AddressInUseError extends Error {
  override readonly name = 'AddressInUseError';
  constructor(where: string) {
    super(`Cannot listen on ${where}: it is in use, need a free one`);
  }
}

/** Listening failed for another reason than that the address is taken. */
export class ListenError extends Error {
  override readonly name = 'ListenError';
  constructor(where: string, cause: Error) {
    super(`Cannot listen on ${where}: ${cause.message}`, { cause });
  }
}

/** Resolves when `server` listens. Rejects with `AddressInUseError` or `ListenError`. */
export function listen(server: Server, options: ListenOptions, where: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const onError = (error: NodeJS.ErrnoException) => {
      reject(error.code === 'EADDRINUSE' ? new AddressInUseError(where) : new ListenError(where, error));
    };
    server.once('error', onError);
    server.listen(options, () => {
      server.off('error', onError);
      resolve();
    });
  });
}
