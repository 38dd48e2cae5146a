import { existsSync } from 'node:fs'
import { mkdir, readdir, readFile, readlink, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { DiagnosticError } from '../../src/diagnostic/diagnostic.ts'
import { giveTo } from '../../src/hosts/run-as.ts'
import { ArchiveView } from '../../src/backup/restore/archive-view.ts'
import { parseRestoreTo } from '../../src/backup/restore/target.ts'
import { proveBackup } from '../../src/operations/prove.ts'
import { planRestore, runRestore, type RestoreHooks } from '../../src/operations/restore.ts'
import { readArchived } from '../../src/backup/read-archived.ts'
import { restorableWindows } from '../../src/backup/window.ts'
import { StartedOn } from './started-on.ts'
import { World } from './world.ts'

const hooksOf = (world: World): RestoreHooks => ({
  stopServer: () => world.server.halt(),
  startServer: () => world.server.launch(),
})

const codeOf = (work: Promise<unknown>): Promise<string | undefined> =>
  work.then(
    () => undefined,
    (error: unknown) => {
      if (error instanceof DiagnosticError) return error.diagnostics[0]?.code
      throw error
    },
  )

test('a moment on a timeline that was left since is restored, and its history tells the way', async () => {
  await using world = await World.create({ major: 15 })
  const { server, repository } = world
  await server.query('create table event (id int primary key)')
  await world.backup()
  await server.query('insert into event select generate_series(1, 100)')
  const moment = await world.moment()
  await server.query('insert into event select generate_series(101, 150)')
  const { rows } = await server.query('select pg_current_wal_lsn()::text as lsn')
  const lsn = String((rows[0] as { lsn: string }).lsn)
  await server.query('insert into event select generate_series(151, 170)')
  await world.archived()
  const restore = (to: string) =>
    runRestore(world.context, { to: parseRestoreTo(to), mode: 'in-place' }, hooksOf(world))
  expect(await restore('latest')).toMatchObject({ timeline: 2 })
  await server.query('insert into event values (1000)')
  await world.archived()

  expect(await restore(lsn)).toMatchObject({ timeline: 3, stoppedAtTarget: true })
  expect(await world.count('event')).toBe(150)
  await server.query('insert into event values (2000)')
  await world.archived()
  expect(await restore(moment.toISOString())).toMatchObject({ timeline: 4, stoppedAtTarget: true })
  expect(await world.count('event')).toBe(100)

  const histories = (await ArchiveView.freeze(repository, 16 * 2 ** 20)).histories
  expect([...histories.values()].map((rows) => rows.map(({ timeline }) => timeline))).toEqual([[1], [1], [1]])
  await server.query('insert into event values (3000)')
  await world.archived()
  expect(await proveBackup(world.context)).toMatchObject({ ok: true })
})

test.each([15, 18] as const)(
  'on %i restores in place hit the exact moment, position and point, one after the other',
  async (major) => {
    await using world = await World.create({ major })
    const { server } = world
    await server.query('create table event (id int primary key)')
    await world.backup()
    await server.query('insert into event select generate_series(1, 100)')
    const moment = await world.moment()
    await server.query('insert into event select generate_series(101, 150)')
    const { rows } = await server.query('select pg_current_wal_lsn()::text as lsn')
    const lsn = String((rows[0] as { lsn: string }).lsn)
    await server.query('insert into event select generate_series(151, 170)')
    await server.query(`select pg_create_restore_point('before the mistake')`)
    await server.query('truncate event')
    await world.archived()

    const restore = (to: string) =>
      runRestore(world.context, { to: parseRestoreTo(to), mode: 'in-place' }, hooksOf(world))
    const first = await restore('point:before the mistake')
    expect(await world.count('event')).toBe(170)
    expect(first).toMatchObject({ timeline: 2, stoppedAtTarget: true })
    expect(existsSync(join(first.keptAs ?? '', 'PG_VERSION'))).toBe(true)
    // The archive goes on without a gap: what is written now can be restored too.
    await server.query('insert into event values (1000)')
    await world.archived()

    const second = await runRestore(
      world.context,
      { to: { time: moment.toISOString() }, timeline: 1, mode: 'in-place' },
      hooksOf(world),
    )
    expect(await world.count('event')).toBe(100)
    expect(second).toMatchObject({ timeline: 3, stoppedAtTarget: true })
    expect(Date.parse(second.time ?? '')).toBeLessThanOrEqual(moment.getTime())
    await server.query('insert into event values (2000)')
    await world.archived()

    // The timeline that was left by the second restore, to its newest state.
    const third = await runRestore(
      world.context,
      { to: 'latest', timeline: 2, mode: 'in-place' },
      hooksOf(world),
    )
    expect(await world.count('event')).toBe(171)
    expect(third).toMatchObject({ timeline: 4 })

    const fourth = await runRestore(
      world.context,
      { to: { lsn }, timeline: 1, mode: 'in-place' },
      hooksOf(world),
    )
    expect(await world.count('event')).toBe(150)
    expect(fourth.timeline).toBe(5)

    const kept = (await readdir(server.root)).filter((name) => name.startsWith('data.before-restore-'))
    expect(kept).toHaveLength(4)
    expect((await readdir(server.root)).filter((name) => name.startsWith('data.restore-'))).toEqual([])
    expect(await readdir(server.data)).not.toContain('standby.signal')
    expect(await readdir(world.member.paths.scratch)).toEqual([])
    const settings = await server.query(
      `select name from pg_settings where name in ('restore_command', 'primary_conninfo') and setting <> '' or name ~ '^recovery_target' and setting not in ('', 'latest', 'on', 'pause')`,
    )
    expect(settings.rows).toEqual([])
    await world.archived()
    await world.backup()
    expect(await proveBackup(world.context)).toMatchObject({ ok: true, restoredTo: { timeline: 5 } })
  },
)

test('a time behind the newest commit and within the archive gives the newest state', async () => {
  await using world = await World.create({ major: 18 })
  const { server } = world
  await server.query('create table event (id int)')
  await world.backup()
  await server.query('insert into event select generate_series(1, 10)')
  await world.archived()
  const moment = await world.moment()
  await expect
    .poll(async () => Date.parse((await world.repository.wal()).position?.at ?? ''), { timeout: 20_000 })
    .toBeGreaterThan(moment.getTime())
  const result = await runRestore(world.context, {
    to: { time: moment.toISOString() },
    mode: { into: join(server.root, 'copy') },
  })
  expect(result).toMatchObject({ stoppedAtTarget: false, timeline: 2 })
  expect(await rowsOf(world, join(server.root, 'copy'))).toBe(10)
})

test('a copy beside the running database is complete and says how to start it', async () => {
  await using world = await World.create({ major: 15, backups: { encryption: { key: { generated: true } } } })
  const { server } = world
  await server.query('create table event (id int)')
  await world.backup()
  await server.query('insert into event select generate_series(1, 10)')
  await server.query(`alter system set work_mem = '7MB'`)
  await world.archived()
  const into = join(server.root, 'deep/copy')
  const result = await runRestore(world.context, { to: 'latest', mode: { into } })
  expect(result).toMatchObject({ data: into, timeline: 2 })
  expect(await readFile(join(into, 'PGHERD-RESTORE.txt'), 'utf8')).toContain(`-D '${into}'`)
  expect(await readdir(into)).not.toContain('standby.signal')
  expect(await rowsOf(world, into)).toBe(10)
  expect(await world.count('event')).toBe(10)
  expect(await codeOf(runRestore(world.context, { to: 'latest', mode: { into } }))).toBe(
    'RESTORE_DIRECTORY_IN_USE',
  )
})

test('what cannot be restored is refused, with what can be', async () => {
  await using world = await World.create({ major: 18 })
  const { context } = world
  const plan = (to: string, timeline?: number) =>
    planRestore(context, {
      to: parseRestoreTo(to),
      mode: { into: join(world.server.root, 'copy') },
      ...(timeline && { timeline }),
    })
  expect(await codeOf(plan('latest'))).toBe('BACKUP_NONE_RESTORABLE')
  await world.backup()
  await world.server.query(`select pg_create_restore_point('here')`)
  await world.archived()
  expect(await codeOf(plan('2026-11-21 10:00:00'))).toBe('RESTORE_TIME_AMBIGUOUS')
  expect(await codeOf(plan('2001-01-01T00:00:00Z'))).toBe('RESTORE_OUTSIDE_WINDOW')
  expect(await codeOf(plan('2999-01-01T00:00:00Z'))).toBe('RESTORE_OUTSIDE_WINDOW')
  expect(await codeOf(plan('lsn:0/10'))).toBe('RESTORE_OUTSIDE_WINDOW')
  expect(await codeOf(plan('latest', 7))).toBe('RESTORE_TIMELINE_UNKNOWN')
  await expect(plan('point:nowhere')).rejects.toThrow('it has "here"')
  const [backup] = await world.repository.backups()
  await expect(plan('2001-01-01T00:00:00Z')).rejects.toThrow(backup?.stoppedAt)
  expect(await plan('latest')).toMatchObject({ backup: backup?.id, timeline: 1, warnings: [] })
  expect(existsSync(join(world.server.root, 'copy'))).toBe(false)
})

test('tablespaces come back in places of their own, beside the database and in place', async () => {
  await using world = await World.create({ major: 18 })
  const { server } = world
  const space = join(server.root, 'fast disk')
  await mkdir(space)
  await giveTo(space, world.context.facts.runAs)
  await server.query(`create tablespace fast location '${space}'`)
  await server.query('create table event tablespace fast as select generate_series(1, 10) as id')
  await world.backup()
  await server.query('insert into event select generate_series(11, 15)')
  await world.archived()
  expect(await proveBackup(world.context)).toMatchObject({ ok: true })
  const into = join(server.root, 'copy')
  await runRestore(world.context, { to: 'latest', mode: { into } })
  expect(await rowsOf(world, into)).toBe(15)
  const [link = ''] = await readdir(join(into, 'pg_tblspc'))
  expect(await readlink(join(into, 'pg_tblspc', link))).toBe(join(`${into}.tablespaces`, link))
  await server.query('truncate event')
  await runRestore(
    world.context,
    { to: { lsn: (await world.repository.backups())[0]?.stopLsn ?? '' }, mode: 'in-place' },
    hooksOf(world),
  )
  expect(await world.count('event')).toBe(10)
  expect(await readlink(join(server.data, 'pg_tblspc', link))).toMatch(/fast disk\.restored-\d{8}T\d{6}Z$/)
})

test('a failed restore in place leaves the database as it was, and running', async () => {
  await using world = await World.create({ major: 18 })
  const { server } = world
  await server.query('create table event as select generate_series(1, 10) as id')
  const { id } = await world.backup()
  await world.archived()
  await rm(join(world.repository.root, 'base', id, 'base.tar.zst'))
  const restoring = runRestore(world.context, { to: 'latest', mode: 'in-place' }, hooksOf(world))
  expect(await codeOf(restoring)).toBe('BACKUP_FILE_MISSING')
  expect(await world.count('event')).toBe(10)
  expect((await readdir(server.root)).filter((name) => name.startsWith('data'))).toEqual(['data'])
})

test('a damaged backup is passed over for an older one, beside the database and in place, and then known to be damaged', async () => {
  await using world = await World.create({ major: 18 })
  const { server, context } = world
  await server.query('create table event as select generate_series(1, 10) as id')
  const older = await world.backup()
  await server.query('insert into event select generate_series(11, 20)')
  const newer = await world.backup()
  await server.query('insert into event select generate_series(21, 30)')
  await world.archived()
  await world.damage(newer)
  const passedOver = [
    expect.objectContaining({ code: 'RESTORE_OTHER_BACKUP', detail: has(newer.id, older.id) }),
  ]
  const into = join(server.root, 'restored')
  const beside = await runRestore(context, { to: 'latest', mode: { into } })
  expect(beside).toMatchObject({ backup: older.id, warnings: passedOver })
  expect(await rowsOf(world, into)).toBe(30)
  const inPlace = await runRestore(context, { to: 'latest', mode: 'in-place' }, hooksOf(world))
  expect(inPlace).toMatchObject({ backup: older.id, warnings: passedOver })
  expect(await world.count('event')).toBe(30)
  expect((await readdir(server.root)).filter((name) => name.startsWith('data'))).toHaveLength(2)

  expect((await windowsOf(world)).map(({ backup }) => backup)).toContain(newer.id)
  expect(await proveBackup(context, { backup: newer.id })).toMatchObject({ verdict: 'failed' })
  expect((await windowsOf(world)).map(({ backup }) => backup)).not.toContain(newer.id)
  // it is not tried any more, unless there is no other
  const mode = { into: `${into}-again` }
  expect(await planRestore(context, { to: 'latest', mode })).toMatchObject({ backup: older.id })
  await rm(join(world.repository.root, 'base', older.id), { recursive: true })
  expect(await planRestore(context, { to: 'latest', mode })).toMatchObject({ backup: newer.id })
  expect(await codeOf(runRestore(context, { to: 'latest', mode }))).toMatch(/_DAMAGED$/)
})

const has = (...words: readonly string[]): unknown => expect.stringMatching(words.join('.*'))

async function windowsOf({ repository }: World): Promise<ReturnType<typeof restorableWindows>> {
  return restorableWindows(await readArchived(repository))
}

/** Rows of `event` in a restored directory, read by a server started on it as the note says. */
async function rowsOf(world: World, data: string): Promise<number> {
  await using server = await StartedOn.directory(world, data)
  return await server.count('event')
}
