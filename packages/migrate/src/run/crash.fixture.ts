import pg from 'pg'
import { down } from '../down.ts'
import { readMigrations } from '../source/read-migrations.ts'
import { up } from '../up.ts'

/* Applies a folder of migrations, or undoes it, in a process of its own, so that a test can kill it. */
const [config = '{}', folder = '', direction = 'up'] = process.argv.slice(2)
const client = new pg.Client(JSON.parse(config) as pg.ClientConfig)
await client.connect()
console.log('connected')
if (direction === 'up') await up(client, readMigrations(folder))
else await down(client, readMigrations(folder), { to: 0 })
console.log('done')
await client.end()
