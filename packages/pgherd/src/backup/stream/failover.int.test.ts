import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { holes, TemporaryRepository, until } from '../../../test/stream/fixtures.ts'
import { startRestored } from '../../../test/stream/restored.ts'
import { parseLsn, type Lsn } from '../lsn.ts'
import { readArchived } from '../read-archived.ts'
import type { Repository } from '../repository.ts'
import { restorableWindows, walGaps } from '../window.ts'
import { takeBaseBackup, type BaseBackupOptions } from './base-backup.ts'
import { FollowingLoad, ServerFamily, type Relative } from './server-family.testkit.ts'
import { WalReceiver, walSlot, type WalReceiverOptions } from './wal-receiver.ts'

const zstd = { algorithm: 'zstd', level: 1 } as const
const table = 'create table ledger (id bigint primary key, payload text); create table bulk (payload text)'
const bulk = "insert into bulk select repeat('x', 800) from generate_series(1, 30000)"

function receiverOf(family: ServerFamily, repository: Repository, more: Partial<WalReceiverOptions> = {}) {
  return new WalReceiver({
    connect: family.connect,
    repository,
    compression: zstd,
    synchronous: false,
    retrySeconds: 1,
    ...more,
  })
}

function backup(
  family: ServerFamily,
  repository: Repository,
  receiver: WalReceiver,
  more: Partial<BaseBackupOptions> = {},
) {
  return takeBaseBackup({
    connect: family.connect,
    repository,
    compression: { ...zstd, at: 'client' },
    takenFrom: 'first',
    signal: AbortSignal.timeout(60_000),
    report: () => undefined,
    now: () => new Date(),
    waitForArchived: (lsn) => receiver.waitForArchived(lsn, 30_000),
    onFinding: () => undefined,
    ...more,
  })
}

async function endOfWal(server: { query(text: string): Promise<{ rows: unknown[] }> }): Promise<Lsn> {
  const { rows } = await server.query('select pg_current_wal_flush_lsn()::text as lsn')
  return parseLsn((rows[0] as { lsn: string }).lsn)
}

/** Everything written on the newest timeline is archived. */
async function caughtUp(receiver: WalReceiver, server: Relative, timeline: number): Promise<void> {
  await until(`timeline ${timeline}`, () => receiver.status().timeline === timeline)
  await receiver.waitForArchived(await endOfWal(server), 30_000)
}

async function restoredIds(
  family: ServerFamily,
  repository: Repository,
  record: Awaited<ReturnType<typeof takeBaseBackup>>,
): Promise<Set<number>> {
  await using restored = await startRestored(family.first, repository, record)
  const { rows } = await restored.query('select id::int from ledger')
  return new Set(rows.map((row: { id: number }) => row.id))
}

test.each(['none', 'age'] as const)(
  'with %s sealing two promotions in a row leave no gap, and a backup from before leads over both',
  async (kind) => {
    await using family = await ServerFamily.start()
    const { first } = family
    await using temporary = await TemporaryRepository.for(first, kind)
    const { repository } = temporary
    await first.query(table)
    const receiver = receiverOf(family, repository)
    receiver.start()
    const record = await backup(family, repository, receiver)
    const second = await family.clone('second')
    const third = await family.clone('third')
    // so that what is acknowledged is on the one that takes over
    await first.query("alter system set synchronous_standby_names = 'second'")
    await first.query('select pg_reload_conf()')
    const load = new FollowingLoad(family)
    await first.query(bulk)
    await until('rows', () => load.acknowledged.length > 50)

    await first.halt('SIGKILL')
    await second.promote('third')
    await third.follow(second.port)
    family.primary = second
    const before = load.acknowledged.length
    await until('rows on the second', () => load.acknowledged.length > before + 50)
    await second.query(bulk)
    await second.halt('SIGKILL')
    await third.promote()
    family.primary = third
    const between = load.acknowledged.length
    await until('rows on the third', () => load.acknowledged.length > between + 50)
    await load.stop()
    await caughtUp(receiver, third, 3)
    expect(receiver.status()).toMatchObject({ state: 'streaming', timeline: 3 })
    await receiver.stop()

    const archived = await readArchived(repository)
    expect([...archived.wal.segments.values()].flatMap((names) => holes(names))).toEqual([])
    expect(archived.wal.histories).toEqual([2, 3])
    expect(walGaps(archived)).toEqual([])
    const end = await endOfWal(third)
    const window = restorableWindows(archived).find(({ timeline }) => timeline === 3)
    expect(window?.backup).toBe(record.id)
    expect(parseLsn(window?.toLsn ?? '0/0')).toBeGreaterThanOrEqual(end)
    const ids = await restoredIds(family, repository, record)
    expect(load.acknowledged.filter((id) => !ids.has(id))).toEqual([])
  },
)

test.each(['none', 'age'] as const)(
  'what only the lost primary had is never part of the new timeline (%s sealing)',
  async (kind) => {
    await using family = await ServerFamily.start()
    const { first } = family
    await using temporary = await TemporaryRepository.for(first, kind)
    const { repository } = temporary
    await first.query(table)
    const receiver = receiverOf(family, repository)
    receiver.start()
    const record = await backup(family, repository, receiver)
    const second = await family.clone('second')
    await first.query('insert into ledger select generate_series(1, 100)')
    await receiver.waitForArchived(await endOfWal(first), 30_000)
    const shared = await endOfWal(first)
    await until('replay', async () => {
      const { rows } = await second.query('select pg_last_wal_replay_lsn()::text as lsn')
      return parseLsn((rows[0] as { lsn: string }).lsn) >= shared
    })
    // from here on the standby is deaf, and the archive is not
    await second.query("alter system set primary_conninfo = ''")
    await second.query('select pg_reload_conf()')
    await until('deafness', async () => {
      const { rows } = await first.query(
        "select 1 from pg_stat_replication where application_name = 'second'",
      )
      return rows.length === 0
    })
    await first.query('insert into ledger select generate_series(1001, 1100)')
    await first.query(bulk)
    await first.query('insert into ledger select generate_series(1101, 1200)')
    await receiver.waitForArchived(await endOfWal(first), 30_000)
    expect((await repository.wal()).segments.get(1)?.length).toBeGreaterThan(1)

    await first.halt('SIGKILL')
    await second.promote()
    family.primary = second
    await second.query('insert into ledger select generate_series(101, 200)')
    await caughtUp(receiver, second, 2)
    await receiver.stop()

    expect(walGaps(await readArchived(repository))).toEqual([])
    const ids = await restoredIds(family, repository, record)
    expect([...ids].toSorted((a, b) => a - b)).toEqual(Array.from({ length: 200 }, (_, index) => index + 1))
  },
)

test('a slot that is not there yet, comes late or is made by somebody else does not stop the archive', async () => {
  await using family = await ServerFamily.start()
  const { first } = family
  await using temporary = await TemporaryRepository.for(first)
  const { repository } = temporary
  await first.query(table)
  const second = await family.clone('second')
  const receiver = receiverOf(family, repository)
  receiver.start()
  const record = await backup(family, repository, receiver)
  const load = new FollowingLoad(family)
  await first.query("alter system set synchronous_standby_names = 'second'")
  await first.query('select pg_reload_conf()')
  await until('rows', () => load.acknowledged.length > 20)
  await first.halt('SIGKILL')
  await second.promote()
  // as Patroni does, with WAL written meanwhile: the slot keeps less than the archive needs
  family.primary = { config: () => second.config() }
  const before = load.acknowledged.length
  await until('rows on the second', () => load.acknowledged.length > before + 20)
  await second
    .query(`select pg_create_physical_replication_slot('${walSlot}', true)`)
    .catch((error: { code?: string }) => expect(error.code).toBe('42710'))
  await second.query('checkpoint')
  const { rows } = await second.query('select slot_name from pg_replication_slots')
  expect(rows).toEqual([{ slot_name: walSlot }])
  await load.stop()
  await caughtUp(receiver, second, 2)
  await receiver.stop()
  const ids = await restoredIds(family, repository, record)
  expect(load.acknowledged.filter((id) => !ids.has(id))).toEqual([])
})

test('two servers that took the same timeline are not mixed', async () => {
  await using family = await ServerFamily.start()
  const { first } = family
  await using temporary = await TemporaryRepository.for(first)
  const { repository } = temporary
  await first.query(table)
  const receiver = receiverOf(family, repository)
  receiver.start()
  await backup(family, repository, receiver)
  const second = await family.clone('second')
  await first.query('insert into ledger select generate_series(1, 100)')
  const third = await family.clone('third')
  await first.query('select pg_switch_wal()')
  await until('replay', async () => {
    const { rows } = await third.query('select count(*)::int as n from ledger')
    return (rows[0] as { n: number }).n === 100
  })
  await second.query("alter system set primary_conninfo = ''")
  await second.query('select pg_reload_conf()')
  await sleep(500)
  await first.query('insert into ledger select generate_series(101, 200)')
  await until('replay', async () => {
    const { rows } = await third.query('select count(*)::int as n from ledger')
    return (rows[0] as { n: number }).n === 200
  })
  await first.halt('SIGKILL')
  await second.promote()
  family.primary = second
  await second.query('insert into ledger select generate_series(1000, 1100)')
  await caughtUp(receiver, second, 2)
  await third.promote()
  await second.halt('SIGKILL')
  family.primary = third
  await until('the refusal', () => receiver.status().state === 'failed')
  expect(receiver.status().lastError?.code).toBe('WAL_TIMELINE_TAKEN')
  await receiver.stop()
})

test('a base backup from a standby is complete and leads over its promotion', async () => {
  await using family = await ServerFamily.start()
  const { first } = family
  await using temporary = await TemporaryRepository.for(first, 'age')
  const { repository } = temporary
  await first.query(table)
  const receiver = receiverOf(family, repository)
  receiver.start()
  await until('the stream', () => receiver.status().state === 'streaming')
  const second = await family.clone('second')
  await first.query("alter system set synchronous_standby_names = 'second'")
  await first.query('select pg_reload_conf()')
  const load = new FollowingLoad(family)
  await until('rows', () => load.acknowledged.length > 50)
  const record = await backup(family, repository, receiver, {
    takenFrom: 'second',
    connect: (signal) => family.connectTo(second, signal),
    endOfWal: async () => ({ timeline: 1, lsn: await endOfWal(first) }),
  })
  expect(record).toMatchObject({ standby: true, takenFrom: 'second', timeline: 1 })
  await until('the window', async () => {
    const [window] = restorableWindows(await readArchived(repository))
    return Date.parse(window?.toTime ?? '') > Date.parse(record.stoppedAt)
  })
  await first.halt('SIGKILL')
  await second.promote()
  family.primary = second
  const before = load.acknowledged.length
  await until('rows on the second', () => load.acknowledged.length > before + 20)
  await load.stop()
  await caughtUp(receiver, second, 2)
  await receiver.stop()
  const ids = await restoredIds(family, repository, record)
  expect(load.acknowledged.filter((id) => !ids.has(id))).toEqual([])
})
