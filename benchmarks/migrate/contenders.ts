import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import pg from 'pg'
import { readMigrations, up } from '../../packages/migrate/src/index.ts'

/** Runs what is pending on a database, connecting and disconnecting included, as a program does when it starts. */
export interface Contender {
  readonly name: string
  run(config: pg.ClientConfig): Promise<void>
}

type Client = pg.Client

async function connected(config: pg.ClientConfig, work: (client: Client) => Promise<unknown>): Promise<void> {
  const client = new pg.Client(config)
  await client.connect()
  await work(client)
  await client.end()
}

const numberOf = (index: number) => String(index + 1).padStart(3, '0')

/** Writes the texts as each contender reads them. */
export async function contenders(
  root: string,
  texts: readonly string[],
  alone: boolean,
): Promise<readonly Contender[]> {
  const plain = folderOf(root, 'plain', texts)
  const floor: Contender = {
    name: 'floor',
    run: (config) =>
      connected(config, async (client) => {
        // its second run has nothing to do, and nothing that would tell it so
        if ((await client.query(`select 1 from pg_class where relname = 't0'`)).rowCount === 0)
          await client.query(`begin;${texts.join(';')};commit`)
      }),
  }
  const ours: Contender = {
    name: 'ours',
    run: (config) => connected(config, (client) => up(client, readMigrations(plain))),
  }
  return alone ? [ours, floor] : [ours, await drizzle(root, texts), await nodePgMigrate(root, texts), floor]
}

function folderOf(root: string, name: string, texts: readonly string[]): string {
  const folder = join(root, name)
  mkdirSync(folder)
  texts.forEach((text, index) => writeFileSync(join(folder, `${numberOf(index)}_m.sql`), text))
  return folder
}

async function drizzle(root: string, texts: readonly string[]): Promise<Contender> {
  const folder = folderOf(root, 'drizzle', texts)
  mkdirSync(join(folder, 'meta'))
  const entries = texts.map((_, idx) => ({
    idx,
    version: '7',
    when: 1_700_000_000_000 + idx,
    tag: `${numberOf(idx)}_m`,
    breakpoints: true,
  }))
  writeFileSync(
    join(folder, 'meta/_journal.json'),
    JSON.stringify({ version: '7', dialect: 'postgresql', entries }),
  )
  const orm = (await import(peer('drizzle-orm/node-postgres/index.js'))) as {
    drizzle: (client: Client) => object
  }
  const migrator = (await import(peer('drizzle-orm/node-postgres/migrator.js'))) as {
    migrate: (db: object, config: { migrationsFolder: string }) => Promise<void>
  }
  return {
    name: 'drizzle',
    run: (config) =>
      connected(config, (client) => migrator.migrate(orm.drizzle(client), { migrationsFolder: folder })),
  }
}

async function nodePgMigrate(root: string, texts: readonly string[]): Promise<Contender> {
  const dir = folderOf(
    root,
    'node-pg-migrate',
    texts.map((text) => `-- Up Migration\n${text}\n-- Down Migration\n`),
  )
  const { runner } = (await import(peer('node-pg-migrate/dist/bundle/index.js'))) as {
    runner: (options: object) => Promise<unknown>
  }
  return {
    name: 'node-pg-migrate',
    run: async (databaseUrl) => {
      await runner({ databaseUrl, dir, direction: 'up', migrationsTable: 'm', log: () => undefined })
    },
  }
}

/** A file of a peer, which TypeScript does not look for: it need not be installed. */
const peer = (path: string) => join(import.meta.dirname, 'node_modules', path)
