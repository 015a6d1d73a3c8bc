import type { DatabaseSync } from 'node:sqlite';

/** "Segu" in ASCII: how `file` and we tell a store from another program's database. */
const APPLICATION_ID = 0x53656775;
const SCHEMA_VERSION = 1;

/**
 * One row for each change, which is all there is: the newest state is the newest row of each key. Compaction to
 * revision r removes the rows up to r that a later row up to r replaces, and the deletes up to r. So the rows up to
 * `compacted_revision` are the state at that revision, and those after it the history, without gaps.
 */
const SCHEMA = `
  CREATE TABLE changes (
    revision        INTEGER PRIMARY KEY,
    type            TEXT NOT NULL CHECK (type IN ('put', 'delete')),
    key             TEXT NOT NULL,
    value           TEXT CHECK ((value IS NULL) = (type = 'delete')),
    create_revision INTEGER NOT NULL
  ) STRICT;
  CREATE TABLE meta (compacted_revision INTEGER NOT NULL) STRICT;
  INSERT INTO meta VALUES (0);
  -- For people: the newest state.
  CREATE VIEW entries AS
    SELECT key, value, create_revision, max(revision) AS mod_revision
    FROM changes GROUP BY key HAVING type = 'put';
`;

export const SELECT_CHANGES =
  'SELECT revision, type, key, value, create_revision AS createRevision FROM changes ORDER BY revision';
export const SELECT_COMPACTED_REVISION = 'SELECT compacted_revision FROM meta';

/** The database is not one that this version reads. `message` says what was found. */
export class SchemaError extends Error {
  override readonly name = 'SchemaError';
}

/** Makes a new database a store, checks that an old one is one. Throws `SchemaError`, or sqlite's errors. */
export function prepareSchema(db: DatabaseSync): void {
  const applicationId = db.prepare('PRAGMA application_id').get()?.['application_id'];
  const version = db.prepare('PRAGMA user_version').get()?.['user_version'];
  const objects = db.prepare('SELECT count(*) AS count FROM sqlite_schema').get()?.['count'];
  const isNew = applicationId === 0 && version === 0 && objects === 0;
  if (!isNew && applicationId !== APPLICATION_ID) throw new SchemaError("another program's database");
  if (!isNew && version !== SCHEMA_VERSION) {
    throw new SchemaError(`schema version ${version}, this version reads ${SCHEMA_VERSION}`);
  }
  db.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA journal_size_limit = 67108864');
  if (isNew) createSchema(db);
}

function createSchema(db: DatabaseSync): void {
  db.exec(`BEGIN IMMEDIATE;
    PRAGMA application_id = ${APPLICATION_ID};
    PRAGMA user_version = ${SCHEMA_VERSION};
    ${SCHEMA}
    COMMIT`);
}
