import type { ClientBase } from 'pg'
import { quoted, type Database } from '../database/database.ts'
import { column, type Query } from '../database/query.ts'

/** The extension of a database: the schema its functions are in, quoted, and under which license it runs. */
export interface Timescale {
  readonly schema: string
  /** `apache`, or `timescale`, which offers compression and policies. */
  readonly license: string
}

const extension: Query = {
  name: 'timescale',
  text: () => `select extnamespace::regnamespace::name, current_setting('timescaledb.license')
    from pg_extension where extname = 'timescaledb'`,
}

/** The extension as it is in the database. Asked for anew each time: a server may be started with another license. */
export async function readTimescale(database: Database, client?: ClientBase): Promise<Timescale> {
  const [row] = await database.run(extension, [], client)
  return { schema: quoted(column(row, 0)), license: column(row, 1) }
}
