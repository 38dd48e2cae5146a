import { execFileSync, fork } from 'node:child_process'
import { chownSync, mkdirSync, mkdtempSync, openSync, readFileSync, rmSync, writeSync } from 'node:fs'
import { createConnection, createServer, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { ThrowawayServer } from '../../../../testbed/src/throwaway-server.ts'
import { unprivilegedAccount } from '../../../../testbed/src/unprivileged.ts'
import { connector, TemporaryRepository, until, WriteLoad } from '../../../test/stream/fixtures.ts'
import { startRestored, unpackBackup } from '../../../test/stream/restored.ts'
import type { Diagnostic } from '../../diagnostic/diagnostic.ts'
import type { BackupRecord } from '../catalogue.ts'
import type { Repository } from '../repository.ts'
import { WalCompanion } from './wal-companion.ts'
import { takeBaseBackup, type BaseBackupOptions } from './base-backup.ts'
import { connectReplication } from './replication-connection.ts'
import { verifyBaseBackup } from './verify-base-backup.ts'

const zstd = { algorithm: 'zstd', level: 1, at: 'client' } as const
const tables = 'create table ledger (id bigint primary key, payload text); create table bulk (payload text)'

interface Taken {
  readonly record: BackupRecord
  readonly findings: readonly Diagnostic[]
}

/** A base backup with the WAL archived by this process. */
async function take(
  server: ThrowawayServer,
  repository: Repository,
  options: Partial<BaseBackupOptions> = {},
): Promise<Taken> {
  const findings: Diagnostic[] = []
  const signal = options.signal ?? new AbortController().signal
  const connect = options.connect ?? connector(server)
  await using companion = new WalCompanion({
    connect: connector(server),
    repository,
    compression: zstd,
    synchronous: false,
  })
  companion.start()
  const record = await takeBaseBackup({
    connect,
    repository,
    compression: zstd,
    takenFrom: 'pg1',
    signal,
    report: () => undefined,
    now: () => new Date(),
    waitForArchived: (lsn, timeline) => companion.waitForArchived(lsn, timeline, signal),
    onFinding: (finding) => findings.push(finding),
    ...options,
  })
  return { record, findings }
}

async function baseFiles(repository: Repository): Promise<readonly string[]> {
  return (await repository.list()).filter((name) => name.startsWith('base/'))
}

test.each([
  [15, 'none'],
  [18, 'age'],
] as const)(
  'on %i with %s sealing a backup under load unpacks, verifies, starts and has what was committed',
  async (major, kind) => {
    await using server = await ThrowawayServer.start({ major })
    await using temporary = await TemporaryRepository.for(server, kind)
    const { repository } = temporary
    await server.query(tables)
    const load = new WriteLoad(server)
    await until('commits', () => load.acknowledged.length > 100 || undefined)
    const before = [...load.acknowledged]
    const { record, findings } = await take(server, repository)
    await load.stop()

    expect(findings).toEqual([])
    expect(record).toMatchObject({
      timeline: 1,
      major,
      compression: 'zstd',
      encryption: kind,
      walSegmentBytes: 1 << 24,
      tablespaces: [],
    })
    expect(await repository.backups()).toEqual([record])
    expect(await verifyBaseBackup(repository, record)).toEqual([])
    for (const file of record.files)
      expect(await repository.checkStored(`base/${record.id}`, file)).toBe(true)

    await using restored = await startRestored(server, repository, record)
    const { rows } = await restored.query('select id::int from ledger')
    const found = new Set(rows.map((row) => (row as { id: number }).id))
    expect(before.filter((id) => !found.has(id))).toEqual([])
  },
)

test('pg_verifybackup of PostgreSQL 15 accepts the unpacked backup, tablespace included, and its WAL', async () => {
  await using server = await ThrowawayServer.start({ major: 15 })
  await using temporary = await TemporaryRepository.for(server)
  const { repository } = temporary
  const place = join(server.root, 'else where')
  mkdirSync(place)
  const { uid, gid } = unprivilegedAccount()
  chownSync(place, uid, gid)
  await server.query(`create tablespace elsewhere location '${place}'`)
  await server.query('create table far tablespace elsewhere as select generate_series(1, 10000) as i')
  const { record } = await take(server, repository)
  expect(record.tablespaces.map(({ location }) => location)).toEqual([place])
  expect(record.files.map(({ name }) => name)).toContain(`${record.tablespaces[0]?.oid}.tar.zst`)
  expect(await verifyBaseBackup(repository, record)).toEqual([])

  const directory = mkdtempSync(join(tmpdir(), 'pgunpacked-'))
  try {
    await unpackBackup(repository, record, join(directory, 'data'))
    const { unpackWal } = await import('../../../test/stream/restored.ts')
    await unpackWal(repository, join(directory, 'wal'), record.walSegmentBytes)
    const output = execFileSync(
      '/usr/lib/postgresql/15/bin/pg_verifybackup',
      ['-w', join(directory, 'wal'), join(directory, 'data')],
      { encoding: 'utf8' },
    )
    expect(output).toContain('backup successfully verified')
  } finally {
    rmSync(directory, { recursive: true })
  }
})

test.each([
  [15, 'gzip', '.tar.gz', []],
  [18, 'gzip', '.tar.gz', []],
  [18, 'zstd', '.tar.zst', ['BACKUP_COMPRESSION_UNSUPPORTED']],
] as const)(
  'on %i the server compresses with %s, or pgherd does',
  async (major, algorithm, ending, codes) => {
    await using server = await ThrowawayServer.start({ major })
    await using temporary = await TemporaryRepository.for(server)
    const { record, findings } = await take(server, temporary.repository, {
      compression: { algorithm, level: 1, at: 'server' },
      reread: true,
    })
    expect(record.files.map(({ name }) => name)).toContain(`base${ending}`)
    expect(findings.map(({ code }) => code)).toEqual(codes)
    expect(await verifyBaseBackup(temporary.repository, record)).toEqual([])
  },
)

test('a byte changed on the way is found and the backup dropped, with the name of the file', async () => {
  await using server = await ThrowawayServer.start({ major: 18 })
  await using temporary = await TemporaryRepository.for(server)
  await server.query("create table marked as select 'the-ORIGINAL-marker' as text")
  await server.query('checkpoint')
  const { rows } = await server.query("select pg_relation_filepath('marked') as path")
  const proxy = createServer((client) => {
    const upstream = createConnection(server.port, '127.0.0.1')
    client.pipe(upstream)
    upstream.on('data', (chunk) => {
      const at = chunk.indexOf('the-ORIGINAL-marker')
      if (at >= 0) chunk[at + 4] = 0x58
      client.write(chunk)
    })
    upstream.on('error', () => client.destroy())
    client.on('error', () => upstream.destroy())
    upstream.on('close', () => client.destroy())
    client.on('close', () => upstream.destroy())
  })
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve))
  const { password } = server.config()
  const connect = () =>
    connectReplication({
      host: '127.0.0.1',
      port: (proxy.address() as AddressInfo).port,
      user: 'postgres',
      applicationName: 'test',
      ...(typeof password === 'string' && { password }),
    })
  try {
    const failing = take(server, temporary.repository, { connect })
    await expect(failing).rejects.toThrow(/BACKUP_CHECKSUM_MISMATCH/)
    await expect(failing).rejects.toThrow((rows[0] as { path: string }).path)
  } finally {
    proxy.close()
  }
  expect(await baseFiles(temporary.repository)).toEqual([])
  await take(server, temporary.repository)
  expect(await temporary.repository.backups()).toHaveLength(1)
})

test('after the clock was set back a backup still sorts behind the older one and carries the server clock', async () => {
  await using server = await ThrowawayServer.start({ major: 18 })
  await using temporary = await TemporaryRepository.for(server)
  const first = await take(server, temporary.repository)
  const second = await take(server, temporary.repository, { now: () => new Date(Date.now() - 3_600_000) })
  expect((await temporary.repository.backups()).map(({ id }) => id)).toEqual([
    first.record.id,
    second.record.id,
  ])
  expect(Math.abs(Date.parse(second.record.stoppedAt) - Date.now())).toBeLessThan(5000)
  expect(Date.parse(second.record.stoppedAt)).toBeGreaterThan(Date.parse(second.record.startedAt) - 1)
})

test('a damaged page is a finding that names the file, and the backup is kept', async () => {
  await using server = await ThrowawayServer.start({ major: 18 })
  await using temporary = await TemporaryRepository.for(server)
  await server.query('create table hurt as select generate_series(1, 5000) as i')
  const { rows } = await server.query("select pg_relation_filepath('hurt') as path")
  const { path } = rows[0] as { path: string }
  await server.halt()
  const file = openSync(join(server.data, path), 'r+')
  writeSync(file, Buffer.from('damaged'), 0, 7, 8192 + 4000)
  await server.launch()
  const { record, findings } = await take(server, temporary.repository)
  expect(findings.map(({ code }) => code)).toEqual(['BACKUP_PAGE_CHECKSUM'])
  expect(findings[0]?.detail).toContain(path)
  expect(await temporary.repository.backups()).toEqual([record])
})

test('a stopped backup and one whose server dies leave nothing, and the next one works', async () => {
  await using server = await ThrowawayServer.start({ major: 15 })
  await using temporary = await TemporaryRepository.for(server)
  const { repository } = temporary
  await server.query(tables)
  await server.query('insert into bulk select repeat(md5(i::text), 30) from generate_series(1, 60000) i')

  const stop = new AbortController()
  const report = (message: string, share?: number) => {
    if (message === 'copying the data' && (share ?? 0) > 0) stop.abort()
  }
  await expect(take(server, repository, { signal: stop.signal, report })).rejects.toThrow(
    /BACKUP_INTERRUPTED.*it was stopped/,
  )
  expect(await baseFiles(repository)).toEqual([])

  await expect(take(server, repository, { onSize: () => server.halt('SIGKILL') })).rejects.toThrow(
    /BACKUP_INTERRUPTED/,
  )
  expect(await baseFiles(repository)).toEqual([])

  await server.launch()
  await take(server, repository)
  expect(await repository.backups()).toHaveLength(1)
})

test('a backup whose process is killed is cleaned up by the next one', async () => {
  await using server = await ThrowawayServer.start({ major: 18 })
  await using temporary = await TemporaryRepository.for(server)
  const { repository } = temporary
  await server.query(tables)
  await server.query('insert into bulk select repeat(md5(i::text), 30) from generate_series(1, 60000) i')
  const child = fork(join(import.meta.dirname, '../../../test/stream/backup-child.ts'), {
    execPath: process.execPath,
    execArgv: [],
  })
  const gone = new Promise((resolve) => child.once('exit', (_code, signal) => resolve(signal)))
  const { name, uid, gid } = unprivilegedAccount()
  const { password } = server.config()
  child.send({
    port: server.port,
    password,
    root: repository.root,
    systemId: repository.systemId,
    owner: { name, uid, gid, home: '/' },
  })
  expect(await gone).toBe('SIGKILL')
  expect(await repository.backups()).toEqual([])
  expect((await repository.cleanUnfinished()).some((each) => each.startsWith('base/'))).toBe(true)
  expect(await baseFiles(repository)).toEqual([])
  await take(server, repository)
  expect(await repository.backups()).toHaveLength(1)
})

test('a server that freezes during a backup is noticed', async () => {
  await using server = await ThrowawayServer.start({ major: 18 })
  await using temporary = await TemporaryRepository.for(server)
  await server.query(tables)
  await server.query('insert into bulk select repeat(md5(i::text), 30) from generate_series(1, 100000) i')
  const frozen: number[] = []
  const freeze = () => {
    if (frozen.length > 0) return
    const children = readFileSync(`/proc/${server.pid}/task/${server.pid}/children`, 'utf8')
      .trim()
      .split(' ')
      .map(Number)
    frozen.push(server.pid, ...children)
    for (const pid of frozen) process.kill(pid, 'SIGSTOP')
  }
  const began = performance.now()
  try {
    const failing = take(server, temporary.repository, { onSize: () => Promise.resolve(freeze()) })
    await expect(failing).rejects.toThrow(/BACKUP_INTERRUPTED.*frozen or gone/)
  } finally {
    for (const pid of frozen) process.kill(pid, 'SIGCONT')
  }
  expect(performance.now() - began).toBeLessThan(30_000)
  expect(await baseFiles(temporary.repository)).toEqual([])
})

test('a repository that refuses to write ends the backup with its own finding', async () => {
  await using server = await ThrowawayServer.start({ major: 18 })
  await using temporary = await TemporaryRepository.for(server)
  const full = Object.assign(new Error('ENOSPC: no space left on device'), { code: 'ENOSPC' })
  let blocks = 0
  const repository: Repository = {
    ...temporary.repository,
    store: (name, source, compression) => {
      if (!name.startsWith('base/')) return temporary.repository.store(name, source, compression)
      async function* limited() {
        for await (const block of source) {
          if (++blocks > 8) throw full
          yield block
        }
      }
      return temporary.repository.store(name, limited(), compression)
    },
  }
  await expect(take(server, repository)).rejects.toThrow(/BACKUP_(INTERRUPTED|DISK_FULL)/)
  expect(blocks).toBe(9)
  expect(await baseFiles(temporary.repository)).toEqual([])
})
