import { appendFileSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Herd } from '@pgherd/testbed/herd.ts'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { expectSchema } from './schema-of.ts'

let herd: Herd
let folder: string
beforeAll(async () => {
  herd = await Herd.create()
  folder = join(herd.directory, 'migrations')
  expect((await herd.run('up', '--yes', '--no-prove', '--json')).code).toBe(0)
})
afterAll(() => herd[Symbol.asyncDispose]())

async function migrate(...argv: string[]) {
  const run = await herd.run('migrate', ...argv, '--json')
  const document = run.json<
    Record<string, unknown> & { diagnostics?: { code: string; mend: { text: string } }[] }
  >()
  expectSchema(document.diagnostics ? 'cli/error' : 'cli/migrate', document)
  return { code: run.code, document, codes: document.diagnostics?.map(({ code }) => code) }
}

test('from the first file to the way back, each a document of its schema', async () => {
  expect((await migrate('new', 'orders')).document['files']).toEqual([
    join(folder, '001_orders.sql'),
    join(folder, '001_orders.down.sql'),
  ])
  // begun and not written
  expect(await migrate('up')).toMatchObject({ code: 3, codes: ['MIGRATE_TEXT_EMPTY', 'MIGRATE_TEXT_EMPTY'] })
  writeFileSync(join(folder, '001_orders.sql'), 'create table orders (id bigint primary key);\n')
  writeFileSync(join(folder, '001_orders.down.sql'), 'drop table orders;\n')
  await migrate('new', 'orders index')
  writeFileSync(join(folder, '002_orders_index.sql'), 'alter table orders add note text;\n')
  writeFileSync(join(folder, '002_orders_index.down.sql'), 'alter table orders drop note;\n')

  const dry = await migrate('up', '--dry-run')
  expect(dry.document['script']).toContain('create table orders')
  expect((await migrate('status')).document['migrations']).toMatchObject([
    { state: 'pending' },
    { state: 'pending' },
  ])
  expect((await migrate('up', '--to', '1')).document['applied']).toMatchObject([
    { version: '1', name: 'orders' },
  ])
  expect((await migrate('lint')).document).toMatchObject({ statements: [{ version: '2' }] })
  expect((await migrate('up')).document['applied']).toMatchObject([{ version: '2' }])
  // what the owner of the database made is the owner's, and the history says who it was
  const { rows } = await herd.query('app', `select tableowner from pg_tables where tablename = 'orders'`)
  expect(rows).toEqual([{ tableowner: 'app' }])
  expect((await migrate('verify')).code).toBe(0)

  expect(await migrate('down')).toMatchObject({ code: 3, codes: ['CONFIRMATION_NEEDED'] })
  expect((await migrate('down', '--yes')).document['undone']).toMatchObject([{ version: '2' }])
  expect((await migrate('up')).code).toBe(0)
})

test('an edited file is refused with the command that mends it, and that command does', async () => {
  appendFileSync(join(folder, '001_orders.sql'), '-- edited\n')
  const refused = await migrate('up')
  expect(refused).toMatchObject({ code: 3, codes: ['MIGRATE_CHECKSUM_CHANGED'] })
  expect(refused.document.diagnostics?.[0]?.mend.text).toContain('pgherd migrate repair accept-checksum 1')
  expect((await migrate('verify')).code).toBe(1)
  expect((await migrate('repair', 'accept-checksum', '1')).code).toBe(0)
  expect((await migrate('verify')).code).toBe(0)
  expect((await migrate('baseline', '2')).codes).toEqual(['MIGRATE_BASELINE_REFUSED'])
})

test('people get lines, and what is wrong with a command line is said with a mend', async () => {
  const status = await herd.run('migrate', 'status')
  expect(status.stdout).toMatch(/1 +orders +applied/)
  for (const argv of [
    ['sideways'],
    ['up', 'extra'],
    ['repair'],
    ['repair', 'adopt'],
    ['new'],
    ['up', '--database', 'nowhere'],
  ]) {
    const run = await migrate(...argv)
    expect(run.code, argv.join(' ')).toBe(2)
  }
  expect((await migrate('new', '../evil')).codes).toEqual(['MIGRATE_NAME_REFUSED'])
  expect(readdirSync(folder)).toHaveLength(4)
})

test('a schema file becomes the next migration, as the owner would have written it', async () => {
  const schema = join(herd.directory, 'schema.sql')
  writeFileSync(schema, 'create table orders (id bigint primary key, note text, paid_at timestamptz);\n')
  const made = await migrate('diff', 'paid orders')
  expect(made).toMatchObject({ code: 0, document: { destroys: [], findings: [], steps: [{ version: '3' }] } })
  expect((await migrate('up')).document['applied']).toMatchObject([{ version: '3', name: 'paid_orders' }])
  expect((await migrate('diff', 'again')).document['steps']).toEqual([])
  appendFileSync(schema, 'create schema audit; create table audit.entry (n int); create schema other;\n')
  expect((await migrate('diff', 'none', '--ignore-schema', 'audit, other')).document['steps']).toEqual([])
  writeFileSync(schema, 'create tabel x ()')
  expect((await migrate('diff', 'broken')).codes).toEqual(['MIGRATE_SCHEMA_INVALID'])
})
