import { expect, test, vi } from 'vitest'
import { ThrowawayServer } from '../../../../testbed/src/throwaway-server.ts'
import { parseLsn, type Lsn } from '../lsn.ts'
import type { Repository } from '../repository.ts'
import {
  connector,
  differingSegments,
  holes,
  TemporaryRepository,
  until,
  WriteLoad,
} from '../../../test/stream/fixtures.ts'
import { takeBaseBackup } from './base-backup.ts'
import { WalReceiver, type WalReceiverOptions } from './wal-receiver.ts'

const settings = { wal_keep_size: '2GB', max_wal_size: '4GB', wal_sender_timeout: '5s' }
const zstd = { algorithm: 'zstd', level: 1 } as const

function receiverOf(
  server: ThrowawayServer,
  repository: Repository,
  options: Partial<WalReceiverOptions> = {},
): WalReceiver {
  return new WalReceiver({
    connect: connector(server),
    repository,
    compression: zstd,
    synchronous: false,
    ...options,
  })
}

async function endOfWal(server: ThrowawayServer): Promise<Lsn> {
  const { rows } = await server.query('select pg_current_wal_flush_lsn()::text as lsn')
  return parseLsn(String((rows[0] as { lsn: string }).lsn))
}

const table = 'create table ledger (id bigint primary key, payload text); create table bulk (payload text)'

test.each([
  [15, 'none'],
  [18, 'age'],
] as const)('on %i with %s sealing the archive has no gap over restarts and crashes', async (major, kind) => {
  await using server = await ThrowawayServer.start({ major, settings })
  await using temporary = await TemporaryRepository.for(server, kind)
  const { repository } = temporary
  await server.query(table)
  const receiver = receiverOf(server, repository)
  receiver.start()
  const load = new WriteLoad(server)
  for (const signal of ['SIGINT', 'SIGQUIT', 'SIGKILL'] as const) {
    await server.query("insert into bulk select repeat('x', 800) from generate_series(1, 25000)")
    await server.halt(signal)
    // after a kill the server's children hold its shared memory for a moment
    await until('the start', () =>
      server.launch().then(
        () => true,
        () => undefined,
      ),
    )
  }
  await load.stop()
  await server.query('select pg_switch_wal()')
  const end = await endOfWal(server)
  await receiver.waitForArchived(end, 30_000)
  expect(receiver.status()).toMatchObject({ state: 'streaming', timeline: 1 })
  await receiver.stop()

  const { segments, position } = await repository.wal()
  const names = segments.get(1) ?? []
  expect(names.length).toBeGreaterThan(3)
  expect(holes(names)).toEqual([])
  expect(await differingSegments(repository, server)).toEqual({ compared: names.length, differing: [] })
  expect(parseLsn(position?.lsn ?? '0/0')).toBeGreaterThanOrEqual(end)
})

test('an idle archive is known to be complete up to seconds ago', async () => {
  await using server = await ThrowawayServer.start({ major: 18, settings })
  await using temporary = await TemporaryRepository.for(server)
  const receiver = receiverOf(server, temporary.repository)
  receiver.start()
  await server.query(table)
  await receiver.waitForArchived(await endOfWal(server), 10_000)
  const quiet = new Date()
  const position = await until('a position after the last write', async () => {
    const { position } = await temporary.repository.wal()
    return position && new Date(position.at) > quiet ? position : undefined
  })
  expect(parseLsn(position.lsn)).toBe(await endOfWal(server))
  expect(Date.parse(position.at)).toBeLessThanOrEqual(Date.now())
  await receiver.stop()
})

test.each([15, 18] as const)(
  'on %i streaming follows a promotion, also one that happened while it was away',
  async (major) => {
    await using server = await ThrowawayServer.start({ major, settings })
    await using temporary = await TemporaryRepository.for(server)
    const { repository } = temporary
    await server.query(table)
    let receiver = receiverOf(server, repository)
    receiver.start()
    await receiver.waitForArchived(await endOfWal(server), 10_000)

    await promote(server)
    await server.query('insert into ledger values (2)')
    await receiver.waitForArchived(await endOfWal(server), 20_000)
    await until('timeline 2', () => receiver.status().timeline === 2 || undefined)
    await receiver.stop()

    await promote(server)
    await server.query('insert into ledger values (3)')
    await server.query('select pg_switch_wal()')
    await server.query('insert into ledger values (4)')
    receiver = receiverOf(server, repository)
    receiver.start()
    await until('timeline 3', () => receiver.status().timeline === 3 || undefined)
    await receiver.waitForArchived(await endOfWal(server), 20_000)
    await receiver.stop()

    const { segments, histories, position } = await repository.wal()
    expect(histories).toEqual([2, 3])
    expect(position?.timeline).toBe(3)
    expect((segments.get(3) ?? []).length).toBeGreaterThan(0)
    expect((await differingSegments(repository, server)).differing).toEqual([])
  },
)

/** Restarts a primary as its own standby and promotes it, which begins a new timeline. */
async function promote(server: ThrowawayServer): Promise<void> {
  const { writeFile } = await import('node:fs/promises')
  await server.halt()
  await writeFile(`${server.data}/standby.signal`, '')
  await server.launch()
  await server.query('select pg_promote(true, 30)')
}

test('a frozen server is noticed within seconds, and streaming goes on when it thaws', async () => {
  await using server = await ThrowawayServer.start({ major: 18, settings })
  await using temporary = await TemporaryRepository.for(server)
  await server.query(table)
  const receiver = receiverOf(server, temporary.repository, { silenceSeconds: 3 })
  receiver.start()
  await receiver.waitForArchived(await endOfWal(server), 10_000)
  const { rows } = await server.query(
    'select pid from pg_stat_activity where backend_type is not null union select pg_backend_pid() as pid',
  )
  const pids = [server.pid, ...rows.map((row) => (row as { pid: number }).pid)].filter(isAlive)
  for (const pid of pids) process.kill(pid, 'SIGSTOP')
  try {
    const status = await until(
      'the silence to be noticed',
      () => {
        const now = receiver.status()
        return now.state === 'reconnecting' ? now : undefined
      },
      12,
    )
    expect(status.lastError?.code).toBe('WAL_SERVER_SILENT')
  } finally {
    for (const pid of pids) wake(pid)
  }
  await server.query('insert into ledger values (1)')
  await receiver.waitForArchived(await endOfWal(server), 30_000)
  expect(receiver.status().state).toBe('streaming')
  expect(receiver.status().lastError).toBeUndefined()
  await receiver.stop()
})

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}

/** A session whose client has gone may end at any moment. */
function wake(pid: number): void {
  try {
    process.kill(pid, 'SIGCONT')
  } catch {
    // it ended
  }
}

test('WAL lost before it was archived is a gap with names, and a new base backup closes it', async () => {
  await using server = await ThrowawayServer.start({
    major: 18,
    settings: {
      max_slot_wal_keep_size: '32MB',
      wal_keep_size: '0',
      max_wal_size: '32MB',
      min_wal_size: '32MB',
    },
  })
  await using temporary = await TemporaryRepository.for(server)
  const { repository } = temporary
  await server.query(table)
  const first = receiverOf(server, repository)
  first.start()
  await first.waitForArchived(await endOfWal(server), 10_000)
  await first.stop()
  for (let round = 0; round < 8; round++) {
    await server.query(
      "insert into ledger select i + $1::int * 100000, repeat('x', 1600) from generate_series(1, 7000) i",
      [round],
    )
    await server.query('select pg_switch_wal()')
    await server.query('checkpoint')
  }
  const { rows } = await server.query('select wal_status from pg_replication_slots')
  expect(rows).toEqual([{ wal_status: 'lost' }])

  const onGap = vi.fn()
  const second = receiverOf(server, repository, { onGap })
  second.start()
  await second.waitForArchived(await endOfWal(server), 20_000)
  expect(second.status().state).toBe('gap')
  expect(onGap).toHaveBeenCalledOnce()
  const gap = onGap.mock.calls[0]?.[0] as { segments: string[]; to: Lsn }
  expect(gap.segments).toContain('000000010000000000000002')
  const { segments } = await repository.wal()
  expect((segments.get(1) ?? []).filter((name) => gap.segments.includes(name))).toEqual([])
  expect(second.status().lastError?.code).toBe('WAL_GAP')
  expect(second.status().lastError?.detail).toContain(gap.segments[0])

  await takeBaseBackup({
    connect: connector(server),
    repository,
    compression: { ...zstd, at: 'client' },
    takenFrom: 'pg1',
    signal: new AbortController().signal,
    report: () => undefined,
    now: () => new Date(),
    waitForArchived: (lsn) => second.waitForArchived(lsn, 20_000),
    onFinding: () => undefined,
  })
  await until('the gap to be closed', () => second.status().state === 'streaming' || undefined)
  expect(second.status().lastError).toBeUndefined()
  await second.stop()
})

test('a server of another cluster is refused, and nothing of it is archived', async () => {
  await using server = await ThrowawayServer.start({ major: 18 })
  await using other = await ThrowawayServer.start({ major: 18 })
  await using temporary = await TemporaryRepository.for(other)
  const receiver = receiverOf(server, temporary.repository)
  receiver.start()
  const status = await until('the refusal', () => {
    const now = receiver.status()
    return now.state === 'failed' ? now : undefined
  })
  expect(status.lastError?.code).toBe('WAL_FOREIGN_SERVER')
  await expect(receiver.waitForArchived(1n, 200)).rejects.toThrow('WAL_ARCHIVE_LATE')
  expect((await temporary.repository.wal()).segments.size).toBe(0)
  await receiver.stop()
  expect(receiver.status().state).toBe('stopped')
})

test('a data directory put back without recovery is refused instead of overwriting good WAL', async () => {
  await using server = await ThrowawayServer.start({ major: 18, settings })
  await using temporary = await TemporaryRepository.for(server)
  const { cp, rm } = await import('node:fs/promises')
  await server.query(table)
  await server.halt()
  await cp(server.data, `${server.root}/copy`, { recursive: true, preserveTimestamps: true })
  await server.launch()
  const receiver = receiverOf(server, temporary.repository)
  receiver.start()
  await server.query("insert into ledger select i, 'x' from generate_series(1, 50000) i")
  const reached = await endOfWal(server)
  await receiver.waitForArchived(reached, 20_000)
  await until(
    'the position',
    async () => parseLsn((await temporary.repository.wal()).position?.lsn ?? '0/0') >= reached || undefined,
  )
  await server.halt()
  await rm(server.data, { recursive: true })
  const { execFileSync } = await import('node:child_process')
  execFileSync('cp', ['-a', `${server.root}/copy`, server.data])
  execFileSync('chown', ['-R', '--reference', server.root, server.data])
  await server.launch()
  const status = await until('the refusal', () => {
    const now = receiver.status()
    return now.state === 'failed' ? now : undefined
  })
  expect(status.lastError?.code).toBe('WAL_ARCHIVE_AHEAD')
  await receiver.stop()
})
