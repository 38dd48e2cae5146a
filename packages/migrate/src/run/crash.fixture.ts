import pg from 'pg'
import { readMigrations } from '../source/read-migrations.ts'
import { up } from '../up.ts'

/* Applies a folder of migrations in a process of its own, so that a test can kill it. */
const [config = '{}', folder = ''] = process.argv.slice(2)
const client = new pg.Client(JSON.parse(config) as pg.ClientConfig)
await client.connect()
console.log('connected')
await up(client, readMigrations(folder))
console.log('done')
await client.end()
