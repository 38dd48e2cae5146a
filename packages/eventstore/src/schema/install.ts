import type { ClientBase, Pool } from 'pg'
import { isPool, transactionStatus } from '../database/connections.ts'
import { Database } from '../database/database.ts'
import { column, type Query } from '../database/query.ts'
import { EventStoreError } from '../errors/event-store-error.ts'
import { checkSchemaName, defaultSchema } from './schema-name.ts'
import { versions } from './versions.ts'

export interface InstallOptions {
  /** `eventstore` when left out. */
  readonly schema?: string
}

const currentVersion: Query = {
  name: 'schema-version',
  text: (es) => `select coalesce(max(version), 0) from ${es}.schema_version`,
}
const recordVersion: Query = {
  name: 'record-schema-version',
  text: (es) => `insert into ${es}.schema_version (version) values ($1)`,
}

/**
 * Creates the tables and functions, or brings those of an older release up to date, in one transaction; several
 * programs that start at once wait for each other. A client that has begun a transaction makes it part of that, to be
 * committed by you. Returns the version that is there now.
 * Throws SCHEMA_NEWER when a newer release of this library made them, INVALID_OPTION.
 */
export async function install(
  pool: Pool | ClientBase,
  { schema = defaultSchema }: InstallOptions = {},
): Promise<number> {
  const database = new Database({ pool, schema: checkSchemaName(schema), prepare: false, acquireMs: 30_000 })
  if (!isPool(pool) && isInTransaction(pool)) return upgrade(database, pool)
  return database.transaction((client) => upgrade(database, client))
}

/** `pg` before 8.17 does not tell, and whoever passes a client is believed to have begun one. */
function isInTransaction(client: ClientBase): boolean {
  const status = transactionStatus(client)
  return status === undefined || status === 'T' || status === 'E'
}

async function upgrade(database: Database, client: ClientBase): Promise<number> {
  const { es, schema } = database
  await client.query('select pg_advisory_xact_lock(hashtextextended($1, 0))', [`pgherd eventstore ${schema}`])
  await database.plain(
    client,
    `create schema if not exists ${es};
     create table if not exists ${es}.schema_version (
       version int primary key, installed_at timestamptz not null default clock_timestamp())`,
  )
  const [row] = await database.run(currentVersion, [], client)
  const found = Number(column(row, 0))
  if (found > versions.length) throw newer(schema, found)
  for (const [index, version] of versions.entries()) {
    if (index < found) continue
    await database.plain(client, version(es))
    await database.run(recordVersion, [index + 1], client)
  }
  return versions.length
}

function newer(schema: string, found: number): EventStoreError {
  return new EventStoreError('SCHEMA_NEWER', {
    detail: `schema ${schema} is at version ${found}, and this release knows up to ${versions.length}`,
    why: 'an older program could write what the newer one does not expect',
    mend: 'Update @pgherd/eventstore here to the release that the newest of your programs has.',
  })
}
