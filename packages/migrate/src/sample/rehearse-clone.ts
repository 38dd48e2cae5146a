import pg from 'pg'
import { readMigrations, rehearse } from '../index.ts'

const clone = new pg.Pool({ connectionString: process.env['CLONE_URL'] })
const { migrations, failure } = await rehearse(clone, readMigrations('migrations'))
for (const { version, durationMs, locks, rewrites } of migrations)
  console.log(version, durationMs, locks, rewrites)
for (const { detail } of failure) console.error(detail)
await clone.end()
