import pg from 'pg'
import { BitemporalStore, guardOverlap, install } from './bitemporal.ts'

// as the owner of the database, before the planner starts and then daily; does nothing when all is there
const pool = new pg.Pool({ connectionString: process.env['DATABASE_URL'], max: 2 })
console.log('facts at schema version', await install(pool))
// whoever writes the tables, the server refuses two answers for one moment
await guardOverlap(pool)
const made = await new BitemporalStore({ pool }).partitions.prepare({ every: 'month', ahead: 2 })
console.log(made.length, 'partitions made')
await pool.end()
