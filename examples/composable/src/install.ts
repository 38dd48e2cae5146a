import pg from 'pg'
import { install } from './eventstore.ts'

// as the owner of the database, before the application starts; does nothing when all is there
const pool = new pg.Pool({ connectionString: process.env['DATABASE_URL'], max: 1 })
console.log('event store at schema version', await install(pool))
await pool.end()
