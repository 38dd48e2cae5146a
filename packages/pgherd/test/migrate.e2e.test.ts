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

const inScratch = () => readdirSync(join(herd.state, 'scratch'))
const onScratch = () =>
  herd.processes().filter(({ command }) => command.includes(join(herd.state, 'scratch')))

test('a rehearsal tells on a restored backup what waits, what is written anew and what fails on the real data', async () => {
  expect(await migrate('rehearse')).toMatchObject({ code: 0, document: { copy: null, rehearsed: [] } })
  await herd.query('app', `insert into orders (id) select n from generate_series(1, 20000) n`)
  writeFileSync(join(folder, '004_orders_id.sql'), 'alter table orders alter id type int;\n')
  writeFileSync(join(folder, '005_orders_note.sql'), 'alter table orders alter note set not null;\n')
  const without = await migrate('rehearse')
  expect(without).toMatchObject({ code: 3, codes: ['REHEARSAL_NO_BACKUP'] })
  expect((await herd.run('backup')).code).toBe(0)
  // committed after the backup: the WAL since belongs to the copy
  await herd.query('app', `insert into orders (id) values (0)`)

  const dry = await migrate('rehearse', '--dry-run')
  expect(dry.document).toMatchObject({ dryRun: true, backup: expect.any(String) })
  expect(dry.document['script']).toContain('set not null')
  const { code, document } = await migrate('rehearse')
  expect(code).toBe(1)
  expect(document).toMatchObject({
    copy: { backup: dry.document['backup'], isNewest: true },
    rehearsed: [
      {
        version: '4',
        locks: [{ relation: 'orders', strongest: 'ACCESS EXCLUSIVE', keepsOut: 'reads and writes' }],
      },
    ],
    failure: [{ code: 'MIGRATE_FAILED', detail: expect.stringContaining('contains null values') }],
  })
  const [first] = document['rehearsed'] as { rewrites: object[]; walBytes: number }[]
  expect(first?.rewrites).toMatchObject([
    { relation: 'orders', kind: 'table' },
    { relation: 'orders_pkey', kind: 'index' },
  ])
  expect(first?.walBytes).toBeGreaterThan(500_000)
  const people = await herd.run('migrate', 'rehearse', '--to', '4')
  expect(people.stdout).toContain('locks orders: ACCESS EXCLUSIVE, reads and writes wait')
  expect(people.stdout).toMatch(/writes table orders anew \(\d/)
  expect(people.code).toBe(0)

  // the database itself knows nothing of it
  expect((await migrate('status')).document['migrations']).toMatchObject([
    ...[1, 2, 3].map(() => ({ state: 'applied' })),
    ...[4, 5].map(() => ({ state: 'pending' })),
  ])
  const { rows } = await herd.query(
    'app',
    `select pg_typeof(id)::text as type, count(*)::int as n from orders group by 1`,
  )
  expect(rows).toEqual([{ type: 'bigint', n: 20_001 }])
  expect([inScratch(), onScratch()]).toEqual([[], []])
})

test('a rehearsal that is killed leaves nothing running, and the next one nothing on disk', async () => {
  writeFileSync(join(folder, '005_orders_note.sql'), 'select pg_sleep(60);\n')
  const killed = herd.start('migrate', 'rehearse')
  await killed.saw('running 5 on the copy')
  killed.kill('SIGKILL')
  await killed.done
  await expect.poll(onScratch, { timeout: 10_000 }).toEqual([])
  expect(inScratch()).toHaveLength(1)
  // Ctrl-C ends what runs there
  const stopped = herd.start('migrate', 'rehearse')
  await stopped.saw('running 5 on the copy')
  expect(inScratch()).toHaveLength(1)
  stopped.kill('SIGINT')
  expect((await stopped.done).stdout).not.toContain('MIGRATE_CONNECTION_LOST')
  expect([inScratch(), onScratch()]).toEqual([[], []])
  // with the server down, the archive is taken as it is
  writeFileSync(join(folder, '005_orders_note.sql'), 'select 1;\n')
  expect((await herd.run('down', '--yes')).code).toBe(0)
  expect((await migrate('rehearse')).document).toMatchObject({
    copy: { isNewest: false },
    rehearsed: [{ version: '4' }, { version: '5', locks: [], rewrites: [] }],
    failure: [],
  })
})
