import type { ClientBase, Pool } from 'pg'
import { isPool, transactionStatus } from '../database/connections.ts'
import { Database } from '../database/database.ts'
import { column, type Query } from '../database/query.ts'
import { BitemporalError } from '../errors/bitemporal-error.ts'
import { chooseStorage } from '../partition/find-storage.ts'
import type { StorageKind } from '../partition/history-storage.ts'
import { storageSql } from '../partition/storage-sql.ts'
import { checkSchemaName, defaultSchema } from './schema-name.ts'
import { factShape, type RowShape } from './row-shape.ts'
import { versions } from './versions.ts'

export interface InstallOptions {
  /** `bitemporal` when left out. */
  readonly schema?: string
  /**
   * How the history is kept: in native partitions, or as a hypertable of TimescaleDB. When left out, as a hypertable
   * where the extension `timescaledb` is in the database, and as it is where it is installed already.
   */
  readonly storage?: StorageKind
}

const currentVersion: Query = {
  name: 'schema-version',
  text: (bt) => `select coalesce(max(version), 0) from ${bt}.schema_version`,
}
const rowTable: Query = {
  name: 'row-table',
  text: (bt) => `select to_regclass('${bt}.current_row') is not null`,
}
const recordVersion: Query = {
  name: 'record-schema-version',
  text: (bt) => `insert into ${bt}.schema_version (version) values ($1)`,
}

/**
 * Creates the tables and functions, or brings those of an older release up to date, in one transaction; several
 * programs that start at once wait for each other. A client that has begun a transaction makes it part of that, to be
 * committed by you. Returns the version that is there now.
 * Throws SCHEMA_NEWER when a newer release of this library made them, INVALID_OPTION when the history is not or
 * cannot be kept as `storage` says.
 */
export async function install(
  pool: Pool | ClientBase,
  { schema = defaultSchema, storage }: InstallOptions = {},
): Promise<number> {
  const database = new Database({ pool, schema: checkSchemaName(schema), prepare: false, acquireMs: 30_000 })
  if (!isPool(pool) && isInTransaction(pool)) return upgrade(database, factShape, storage, pool)
  return database.transaction((client) => upgrade(database, factShape, storage, client))
}

/** `pg` before 8.17 does not tell, and whoever passes a client is believed to have begun one. */
function isInTransaction(client: ClientBase): boolean {
  const status = transactionStatus(client)
  return status === undefined || status === 'T' || status === 'E'
}

/** Within a transaction, for rows of a shape. Throws SCHEMA_NEWER, TABLE_DIFFERS, INVALID_OPTION. */
export async function upgrade(
  database: Database,
  shape: RowShape,
  storage: StorageKind | undefined,
  client: ClientBase,
): Promise<number> {
  const { bt, schema } = database
  await client.query('select pg_advisory_xact_lock(hashtextextended($1, 0))', [`pgherd bitemporal ${schema}`])
  await database.plain(
    client,
    `create schema if not exists ${bt};
     create table if not exists ${bt}.schema_version (
       version int primary key, installed_at timestamptz not null default clock_timestamp())`,
  )
  const [row] = await database.run(currentVersion, [], client)
  const found = Number(column(row, 0))
  if (found > versions.length) throw newer(schema, found)
  if (found > 0) await checkShape(database, shape, client)
  const kind = storageSql[await chooseStorage(database, storage, found > 0, client)]
  for (const [index, version] of versions.entries()) {
    if (index < found) continue
    await database.plain(client, version(bt, shape, kind))
    await database.run(recordVersion, [index + 1], client)
  }
  return versions.length
}

/** Facts and typed tables have functions that differ, and neither may be put over the other. */
async function checkShape(database: Database, { current }: RowShape, client: ClientBase): Promise<void> {
  const [row] = await database.run(rowTable, [], client)
  if ((column(row, 0) === 't') === (current === 'current_row')) return
  const [is, asked] = current === 'current_row' ? ['facts', 'a typed table'] : ['a typed table', 'facts']
  throw new BitemporalError('TABLE_DIFFERS', {
    detail: `schema ${database.schema} holds ${is}, and ${asked} was asked for`,
    why: 'each has tables of its own, in a schema of its own',
    mend: 'Choose another name for one of them.',
  })
}

function newer(schema: string, found: number): BitemporalError {
  return new BitemporalError('SCHEMA_NEWER', {
    detail: `schema ${schema} is at version ${found}, and this release knows up to ${versions.length}`,
    why: 'an older program could write what the newer one does not expect',
    mend: 'Update @pgherd/bitemporal here to the release that the newest of your programs has.',
  })
}
