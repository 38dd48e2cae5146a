import { randomBytes } from 'node:crypto'
import type { PgClient, PgConnection } from './connection/pg-connection.ts'
import { isServerError } from './connection/server-error.ts'
import { Session } from './connection/session.ts'
import { diagnose, MigrateError } from './diagnostic/diagnostic.ts'
import { offsetOfCharacter } from './grammar/text-places.ts'
import { identifier } from './history/sql-text.ts'

/** A client that can be ended, as every `pg.Client` can. */
export interface EndableClient extends PgClient {
  /** Closes the connection. */
  end(): Promise<void>
}

/** What `withSchema` needs for the database it makes. */
export interface SchemaOptions {
  /** Where the throwaway database is made: of a role that may make databases. */
  readonly admin: PgConnection
  /** A client of `pg` that is connected to the database of that name. It is ended here. */
  readonly connect: (database: string) => Promise<EndableClient>
  /** SQL that makes the schema; it is run whole or not at all. Empty for an empty database. */
  readonly schema: string
  /** The role the database belongs to; that of `admin` when left out. */
  readonly owner?: string
}

/**
 * Runs `work` on a throwaway database that has the schema of a file, as the second side of `diff`. The database is dropped
 * afterwards, whatever happened; a program that is killed leaves one whose name begins with `pgherd_diff_`.
 *
 * @throws MigrateError MIGRATE_SCHEMA_INVALID, with the line; MIGRATE_OTHER_DATABASE, before anything is run there.
 */
export async function withSchema<T>(
  { admin, connect, schema, owner }: SchemaOptions,
  work: (client: PgClient) => Promise<T>,
): Promise<T> {
  const name = `pgherd_diff_${randomBytes(6).toString('hex')}`
  await using session = await Session.open(admin)
  await session.query(
    `create database ${name} template template0${owner === undefined ? '' : ` owner ${identifier(owner)}`}`,
  )
  try {
    const client = await connect(name)
    try {
      await refuseOther(client, name)
      await apply(client, schema)
      return await work(client)
    } finally {
      await client.end()
    }
  } finally {
    await session.query(`drop database ${name} with (force)`)
  }
}

/** A mistake in `connect` would have the schema file run on a database that is in use. */
async function refuseOther(client: PgClient, name: string): Promise<void> {
  const result = await client.query('select current_database() as name')
  const found = (Array.isArray(result) ? result[0] : result)?.rows[0]?.['name']
  if (found === name) return
  throw new MigrateError([
    diagnose('MIGRATE_OTHER_DATABASE', {
      detail: `connect("${name}") gave a client that is connected to "${String(found)}"; the schema file would have been run there`,
      mend: 'connect to the database that is named; pg ignores `database` beside a `connectionString`, so put it into that',
    }),
  ])
}

async function apply(client: PgClient, schema: string): Promise<void> {
  try {
    // one message is one transaction, as long as the text does not end it
    await client.query(schema)
  } catch (error) {
    if (!isServerError(error)) throw error
    const line =
      error.position === undefined
        ? undefined
        : schema.slice(0, offsetOfCharacter(schema, Number(error.position))).split('\n').length
    throw new MigrateError(
      [
        diagnose('MIGRATE_SCHEMA_INVALID', {
          detail: `the schema file stops${line === undefined ? '' : ` at line ${line}`}: ${error.message} (SQLSTATE ${error.code})`,
          mend: 'correct the file; it must make everything it needs, in order, on an empty database',
          at: line === undefined ? {} : { line },
        }),
      ],
      { cause: error },
    )
  }
}
