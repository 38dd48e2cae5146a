import { readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { ProofRecord } from '../../src/backup/catalogue.ts'
import { parseStored } from '../../src/backup/repository/stored-name.ts'
import { refuseWithoutRoom } from '../../src/backup/restore/scratch.ts'
import { proveBackup } from '../../src/operations/prove.ts'
import { World, Writers } from './world.ts'

const plain = { encryption: 'none', compression: { algorithm: 'none' } } as const
const sealed = { encryption: { key: { generated: true } } } as const

const failed = (proof: ProofRecord): string =>
  proof.checks
    .filter(({ ok }) => !ok)
    .map(({ detail }) => detail)
    .join('\n')
const detailOf = (proof: ProofRecord, name: string): string =>
  proof.checks.find((check) => check.name === name)?.detail ?? ''

test.each([15, 18] as const)(
  'on %i a backup is proven under concurrent writers, with the checks of the user',
  async (major) => {
    const checks = [
      { name: 'accounts', database: 'postgres', sql: 'select count(*) = 500 from account' },
      {
        name: 'nobody writes',
        database: 'postgres',
        sql: `select current_setting('transaction_read_only')`,
        expect: 'on',
      },
      { name: 'wrong on purpose', database: 'shop', sql: 'select count(*) from item', expect: 4 },
      { name: 'as superuser', database: 'postgres', sql: `select pg_read_file('/etc/passwd')` },
    ]
    await using world = await World.create({ major, backups: { ...sealed, proof: { checks } } })
    await world.server.query('create database shop')
    await world.server.query('create table item as select generate_series(1, 3) as id', [], 'shop')
    await world.server.query('create unlogged table scrap (id int)', [], 'shop')
    await world.server.query('revoke connect on database shop from public')
    await Writers.prepare(world.server)
    await world.backup()
    await using _writers = new Writers(world.server)
    const proof = await proveBackup(world.context)
    expect(proof.checks.filter(({ ok }) => !ok).map(({ name }) => name)).toEqual([
      'check: wrong on purpose',
      'check: as superuser',
    ])
    expect(detailOf(proof, 'check: wrong on purpose')).toBe('gave 3 instead of 4')
    expect(detailOf(proof, 'contents')).toMatch(
      /^equal to the live server at the same commit: 4 tables of 2 databases, \d+ rows, 100 % of the bytes; left out: shop: "public"."scrap" \(unlogged/,
    )
    expect(detailOf(proof, 'amcheck')).toMatch(/100 % of the bytes$/)
    expect(proof).toMatchObject({ ok: false, restoredTo: { timeline: 1 } })
    expect(proof.rtoSeconds).toBeGreaterThan(0)
    expect(proof.rpoSeconds).toBeGreaterThanOrEqual(0)
    expect(proof.rpoSeconds).toBeLessThan(20)
    expect(proof).toMatchObject({ verdict: 'failed', compared: { databases: 2, tables: 4 } })
    expect(proof.lostCommits).toBeGreaterThanOrEqual(0)
    expect(proof.compared?.bytes).toBe(proof.compared?.ofBytes)
    expect(await world.repository.proofs()).toEqual([proof])
    expect(await readdir(world.member.paths.scratch)).toEqual([])
  },
)

test.each([
  ['sealed and compressed', 15, sealed],
  ['plain', 18, plain],
] as const)(
  'a flipped byte in any stored file fails the proof and names the file: %s',
  async (_, major, backups) => {
    await using world = await World.create({ major, backups })
    const { repository, server } = world
    await server.query('create table item as select generate_series(1, 20000) as id')
    const backup = await world.backup()
    await server.query('insert into item select generate_series(1, 20000)')
    await server.query('select pg_switch_wal()')
    await server.query('insert into item select generate_series(1, 20000)')
    await world.archived()
    const wal = (await repository.list()).filter(
      (name) => /^wal\/[0-9A-F]{8}\/[0-9A-F]{24}(\.|$)/.test(name) && !name.endsWith('.sha256'),
    )
    expect(wal.length).toBeGreaterThanOrEqual(2)
    expect((await proveBackup(world.context)).ok).toBe(true)
    // With the server stopped, the segment being received is not written again.
    await world.stopArchiving()
    await server.halt()
    for (const name of [...backup.files.map((file) => `base/${backup.id}/${file.name}`), ...wal]) {
      const path = join(repository.root, name)
      const good = await readFile(path).catch(() => undefined)
      // Finished by the receiver when it was stopped.
      if (!good) continue
      const bad = Buffer.from(good)
      const used = name.includes('.partial') ? Math.min(good.length, 200_000) : good.length
      const at =
        name.startsWith('base/') || backups === sealed ? Math.floor(Math.random() * used) : 8192 * 3 + 100
      bad[at] = (bad[at] ?? 0) ^ 0x10
      await writeFile(path, bad)
      const proof = await proveBackup(world.context)
      expect(proof.ok, `${name} at ${at}`).toBe(false)
      expect(failed(proof)).toContain(parseStored(name).name.replace('.partial', '').split('/').at(-1))
      await writeFile(path, good)
    }
    const whole = await proveBackup(world.context)
    expect(whole).toMatchObject({ ok: false, verdict: 'restorable', rpoSeconds: null, compared: null })
    expect(whole.checks.filter(({ ok }) => !ok)).toMatchObject([{ name: 'contents', inconclusive: true }])
    expect(detailOf(whole, 'contents')).toBe('not compared: the live server is down')
  },
)

test('what could not be checked leaves a backup restorable and not proven, with the reasons', async () => {
  await using world = await World.create({ major: 15, backups: plain })
  const { server } = world
  await server.query('create table item as select generate_series(1, 5000) as id')
  await server.query('create schema pgherd')
  await server.query('create extension pg_walinspect schema pgherd')
  // as on a machine without amcheck
  await server.query(
    `create function refuse() returns event_trigger language plpgsql as $$ begin
       raise exception 'extension "amcheck" is not available' using errcode = '0A000'; end $$`,
  )
  await server.query(
    `create event trigger refuse on ddl_command_start when tag in ('CREATE EXTENSION') execute function refuse()`,
  )
  await world.backup()
  const owner = await server.connect()
  await owner.query('begin')
  await owner.query('lock table item in access exclusive mode')
  const proof = await proveBackup(world.context)
  expect(proof).toMatchObject({ ok: false, verdict: 'restorable', compared: { databases: 0 } })
  expect(proof.compared?.ofBytes).toBeGreaterThan(proof.compared?.bytes ?? 0)
  expect(proof.checks.filter(({ ok }) => !ok)).toMatchObject([
    { name: 'contents', inconclusive: true },
    { name: 'amcheck', inconclusive: true },
  ])
  expect(detailOf(proof, 'contents')).toMatch(
    /^nothing of database postgres was compared; .*"public"."item" \(locked by another session/,
  )
  await owner.end()
  await server.query('drop event trigger refuse')
  expect(await proveBackup(world.context)).toMatchObject({ ok: true, verdict: 'proven' })
})

test('a missing segment and a cut off one are named', async () => {
  await using world = await World.create({ major: 18, backups: plain })
  await world.server.query('create table item (id int)')
  await world.backup()
  for (let round = 0; round < 3; round++) {
    await world.server.query('insert into item values (1)')
    await world.server.query('select pg_switch_wal()')
  }
  await world.archived()
  const [, second = '', third = ''] = (await world.repository.wal()).segments.get(1) ?? []
  const path = join(world.repository.root, 'wal/00000001', second)
  const good = await readFile(path)
  await rm(path)
  expect(failed(await proveBackup(world.context))).toContain(`WAL segment ${second} is not in the repository`)
  await writeFile(path, good)
  await truncate(join(world.repository.root, 'wal/00000001', third), 100_000)
  expect(failed(await proveBackup(world.context))).toContain(third)
})

test('what a restore would not bring back is found: contents changed behind the back of the WAL', async () => {
  await using world = await World.create({ major: 15 })
  const { server } = world
  await server.query('create table item (id int, note text)')
  await server.query(`insert into item select g, 'note number ' || g from generate_series(1, 100) g`)
  await server.query(`alter system set ignore_checksum_failure = on`)
  await server.query('checkpoint')
  await world.backup()
  const { rows } = await server.query(`select pg_relation_filepath('item') as path`)
  await server.halt()
  const path = join(server.data, String((rows[0] as { path: string }).path))
  const bytes = await readFile(path)
  const at = bytes.indexOf('note number 50')
  expect(at).toBeGreaterThan(0)
  bytes.write('N', at)
  await writeFile(path, bytes)
  await server.launch()
  const proof = await proveBackup(world.context)
  expect(failed(proof)).toContain(
    'postgres: table "public"."item" has 100 rows as it should, with other contents',
  )
})

test('a server that was given more connections after the backup can be proven', async () => {
  await using world = await World.create({ major: 15, settings: { max_connections: '30' } })
  const { server } = world
  await server.query('create table item (id int)')
  await world.backup()
  await server.query(`alter system set max_connections = 80`)
  await server.halt()
  await server.launch()
  await server.query('insert into item values (1)')
  expect(await proveBackup(world.context)).toMatchObject({ ok: true })
})

test('without a backup, or without room, nothing is begun', async () => {
  await using world = await World.create({ major: 18 })
  await expect(proveBackup(world.context)).rejects.toThrow('PROOF_NO_BACKUP')
  await expect(proveBackup(world.context, { backup: '../../etc' })).rejects.toThrow('PROOF_NO_BACKUP')
  await expect(refuseWithoutRoom(world.server.root, 2 ** 60)).rejects.toThrow('RESTORE_NO_SPACE')
  expect(await world.repository.proofs()).toEqual([])
})
