import { execFileSync, fork, type ChildProcess } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { ThrowawayServer } from '../../../../testbed/src/throwaway-server.ts'
import { unprivilegedAccount } from '../../../../testbed/src/unprivileged.ts'
import {
  connector,
  differingSegments,
  holes,
  TemporaryRepository,
  until,
  WriteLoad,
} from '../../../test/stream/fixtures.ts'
import { startRestored } from '../../../test/stream/restored.ts'
import { parseLsn, type Lsn } from '../lsn.ts'
import type { Repository } from '../repository.ts'
import type { SealingKind } from '../sealing/registry.ts'
import { takeBaseBackup } from './base-backup.ts'
import { WalReceiver, type WalReceiverStatus } from './wal-receiver.ts'

const settings = { wal_keep_size: '2GB', max_wal_size: '4GB', wal_sender_timeout: '5s' }
const zstd = { algorithm: 'zstd', level: 1 } as const
const tables = 'create table ledger (id bigint primary key, payload text); create table bulk (payload text)'

async function endOfWal(server: ThrowawayServer): Promise<Lsn> {
  const { rows } = await server.query('select pg_current_wal_flush_lsn()::text as lsn')
  return parseLsn(String((rows[0] as { lsn: string }).lsn))
}

/** A receiver as a process of its own. */
class ReceiverProcess implements AsyncDisposable {
  readonly #child: ChildProcess
  status: (WalReceiverStatus & { rss: number }) | undefined

  constructor(
    server: ThrowawayServer,
    { repository, key }: TemporaryRepository,
    kind: SealingKind,
    synchronous: boolean,
  ) {
    this.#child = fork(join(import.meta.dirname, '../../../test/stream/receiver-child.ts'), {
      execPath: process.execPath,
      execArgv: [],
    })
    const { name, uid, gid } = unprivilegedAccount()
    const { password } = server.config()
    const { root, systemId } = repository
    this.#child.send({
      port: server.port,
      password,
      root,
      systemId,
      kind,
      key,
      synchronous,
      owner: { name, uid, gid, home: '/' },
    })
    this.#child.on('message', (status) => (this.status = status as WalReceiverStatus & { rss: number }))
  }

  async kill(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return
    const gone = new Promise((resolve) => this.#child.once('exit', resolve))
    this.#child.kill('SIGKILL')
    await gone
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill()
  }
}

test.each([
  [15, 'none'],
  [18, 'age'],
] as const)('on %i with %s sealing a receiver killed again and again leaves no gap', async (major, kind) => {
  await using server = await ThrowawayServer.start({ major, settings })
  await using temporary = await TemporaryRepository.for(server, kind)
  const { repository } = temporary
  await server.query(tables)
  const load = new WriteLoad(server, 2)
  for (let round = 0; round < 4; round++) {
    await using child = new ReceiverProcess(server, temporary, kind, false)
    await until('streaming', () => child.status?.state === 'streaming' || undefined)
    await server.query("insert into bulk select repeat('x', 800) from generate_series(1, 30000)")
    await sleep(200 * round)
  }
  await load.stop()
  const receiver = new WalReceiver({
    connect: connector(server),
    repository,
    compression: zstd,
    synchronous: false,
  })
  receiver.start()
  await receiver.waitForArchived(await endOfWal(server), 30_000)
  await receiver.stop()
  const { segments } = await repository.wal()
  const names = segments.get(1) ?? []
  expect(names.length).toBeGreaterThanOrEqual(4)
  expect(holes(names)).toEqual([])
  expect(await differingSegments(repository, server)).toEqual({ compared: names.length, differing: [] })
})

test.each([
  [15, 'none'],
  [18, 'age'],
] as const)(
  'on %i with %s sealing a synchronous archive has every acknowledged commit at kill -9 of both',
  async (major, kind) => {
    await using server = await ThrowawayServer.start({
      major,
      settings: { ...settings, synchronous_standby_names: 'pgherd_wal' },
    })
    await using temporary = await TemporaryRepository.for(server, kind)
    const { repository } = temporary
    await using child = new ReceiverProcess(server, temporary, kind, true)
    await until('streaming', () => child.status?.state === 'streaming' || undefined)
    await server.query(tables)
    const record = await takeBaseBackup({
      connect: connector(server),
      repository,
      compression: { ...zstd, at: 'client' },
      takenFrom: 'pg1',
      signal: new AbortController().signal,
      report: () => undefined,
      now: () => new Date(),
      waitForArchived: async (lsn) => {
        await until(
          'the archive',
          async () => parseLsn((await repository.wal()).position?.lsn ?? '0/0') >= lsn || undefined,
        )
      },
      onFinding: () => undefined,
    })
    const load = new WriteLoad(server)
    await until('commits', () => load.acknowledged.length > 200 || undefined)
    await child.kill()
    await sleep(300)
    const acknowledged = [...load.acknowledged]
    await server.halt('SIGKILL')
    await load.stop()

    await using restored = await startRestored(server, repository, record)
    const { rows } = await restored.query('select id::int from ledger')
    const found = new Set(rows.map((row) => (row as { id: number }).id))
    expect(acknowledged.filter((id) => !found.has(id))).toEqual([])
  },
)

test('memory of a receiver under load stays small', async () => {
  await using server = await ThrowawayServer.start({ major: 18, settings })
  await using temporary = await TemporaryRepository.for(server, 'age')
  await using child = new ReceiverProcess(server, temporary, 'age', false)
  await until('streaming', () => child.status?.state === 'streaming' || undefined)
  await server.query(tables)
  await server.query('insert into bulk select repeat(md5(i::text), 25) from generate_series(1, 250000) i')
  const end = await endOfWal(server)
  await until('the archive', () => parseLsn(child.status?.archivedLsn ?? '0/0') >= end || undefined, 60)
  expect(end).toBeGreaterThan(200n << 20n)
  expect((child.status?.rss ?? Infinity) / 2 ** 20).toBeLessThan(170)
})

test.each(['none', 'age'] as const)(
  'with %s sealing a full disk stalls the archive and loses nothing',
  async (kind) => {
    await using server = await ThrowawayServer.start({ major: 15, settings })
    using disk = new SmallDisk('24m')
    await using temporary = await TemporaryRepository.for(server, kind, join(disk.path, 'mounted'))
    const repository = disk.limit(temporary.repository)
    await server.query(tables)
    const receiver = new WalReceiver({
      connect: connector(server),
      repository,
      compression: { algorithm: 'none', level: 0 },
      synchronous: false,
    })
    receiver.start()
    await server.query('insert into bulk select repeat(md5(i::text), 25) from generate_series(1, 60000) i')
    const status = await until('the stall', () => {
      const now = receiver.status()
      return now.state === 'stalled' ? now : undefined
    })
    expect(status.lastError?.code).toBe('WAL_ARCHIVE_STALLED')
    expect(status.lastError?.detail).toContain('no space is left')
    await sleep(3000)
    expect(receiver.status().state).not.toBe('stopped')
    disk.grow('400m')
    await server.query("insert into bulk values ('after')")
    await receiver.waitForArchived(await endOfWal(server), 40_000)
    expect(receiver.status().state).toBe('streaming')
    await receiver.stop()
    const { segments } = await temporary.repository.wal()
    expect(holes(segments.get(1) ?? [])).toEqual([])
    expect((await differingSegments(temporary.repository, server)).differing).toEqual([])
  },
)

/** A file system of a fixed size when root may mount one, else the same limit put before a repository. */
class SmallDisk implements Disposable {
  readonly path = mkdtempSync(join(tmpdir(), 'pgdisk-'))
  readonly #mounted: boolean
  #full = false

  constructor(size: string) {
    this.#mounted = process.getuid?.() === 0
    if (this.#mounted) execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${size}`, 'tmpfs', this.path])
    else this.#full = true
  }

  /** Without a mount every write fails until `grow`. */
  limit(repository: Repository): Repository {
    if (this.#mounted) return repository
    const refuse = () =>
      Promise.reject(Object.assign(new Error('ENOSPC: no space left on device'), { code: 'ENOSPC' }))
    return {
      ...repository,
      store: (...stored) => (this.#full ? refuse() : repository.store(...stored)),
      writeJson: (...written) => (this.#full ? refuse() : repository.writeJson(...written)),
    }
  }

  grow(size: string): void {
    if (this.#mounted) execFileSync('mount', ['-o', `remount,size=${size}`, this.path])
    this.#full = false
  }

  [Symbol.dispose](): void {
    if (this.#mounted) execFileSync('umount', [this.path])
    rmSync(this.path, { recursive: true, force: true })
  }
}
