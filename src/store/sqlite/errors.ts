/** Another process (or this one) has the folder's store open. */
export class StoreInUseError extends Error {
  override readonly name = 'StoreInUseError';
  constructor(folder: string) {
    super(`Cannot open the store in ${folder}: in use by another process, need that one stopped or another folder`);
  }
}

/** The database has another layout than this version of Segue writes, or another program's. */
export class StoreFormatError extends Error {
  override readonly name = 'StoreFormatError';
  constructor(folder: string, found: string) {
    super(`Cannot open the store in ${folder}: ${found}, need the version of Segue that wrote it or another folder`);
  }
}

/** The database is damaged. Nothing was changed in it. */
export class StoreCorruptError extends Error {
  override readonly name = 'StoreCorruptError';
  constructor(folder: string, damage: string) {
    super(`Cannot open the store in ${folder}: damaged (${damage}), need a backup restored or the folder moved away`);
  }
}

/** The folder or a file in it cannot be made, read or written. */
export class StoreUnavailableError extends Error {
  override readonly name = 'StoreUnavailableError';
  constructor(folder: string, reason: string) {
    super(`Cannot open the store in ${folder}: ${reason}, need a folder that this user can write to`);
  }
}

/**
 * A write could not be made durable. This write and all after it are refused until the store is opened again, because
 * the disk's state is no longer known; reads go on. The write itself may or may not be there after the restart.
 */
export class StoreFailedError extends Error {
  override readonly name = 'StoreFailedError';
  constructor(folder: string, reason: string) {
    super(`Cannot write to the store in ${folder}: ${reason}, need that solved and a restart`);
  }
}
