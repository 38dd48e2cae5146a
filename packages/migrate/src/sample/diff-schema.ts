import { readFileSync } from 'node:fs'
import pg from 'pg'
import { diff, newMigration, withSchema } from '../index.ts'

const url = process.env['DATABASE_URL'] ?? 'postgresql://localhost/app'
const pool = new pg.Pool({ connectionString: url })
const connect = async (database: string) => {
  // a `database` beside a connection string would be ignored by pg
  const other = Object.assign(new URL(url), { pathname: database })
  const client = new pg.Client({ connectionString: other.href })
  await client.connect()
  return client
}
const schema = readFileSync('schema.sql', 'utf8')
const { steps, destroys, findings } = await withSchema({ admin: pool, connect, schema }, (wanted) =>
  // what makes its own schema is not in yours, and would be dropped: the stores of pgherd, extensions with tables
  diff(pool, wanted, { ignoreSchemas: ['eventstore', 'bitemporal'] }),
)
for (const step of steps) newMigration('migrations', 'add notes', step)
console.log({ destroys, findings })
await pool.end()
