import { join } from 'node:path'
import type pg from 'pg'
import { expect, test } from 'vitest'
import { formatLsn, parseLsn, type Lsn } from '../../src/backup/lsn.ts'
import { alignSnapshot } from '../../src/backup/proof/aligned-snapshot.ts'
import { digestTable, fixTextForms, sameDigest, type TableDigest } from '../../src/backup/proof/digest.ts'
import { Heartbeat } from '../../src/backup/proof/heartbeat.ts'
import { ArchiveView } from '../../src/backup/restore/archive-view.ts'
import { Recovery } from '../../src/backup/restore/recovery.ts'
import { makePrivate, Scratch } from '../../src/backup/restore/scratch.ts'
import { unpackBackup } from '../../src/backup/restore/unpack.ts'
import { WalFeeder } from '../../src/backup/restore/wal-feeder.ts'
import { World, Writers } from './world.ts'

interface Recorded {
  readonly how: 'aligned' | 'naive'
  readonly from: Lsn
  readonly to: Lsn
  readonly digests: readonly TableDigest[]
}

const tables = ['account', 'entry'].map((name) => ({ schema: 'public', name }))

async function digests(client: pg.Client): Promise<TableDigest[]> {
  const all: TableDigest[] = []
  for (const table of tables) all.push(await digestTable(client, table, 100))
  return all
}

async function recordAligned(client: pg.Client, heartbeat: Heartbeat): Promise<Recorded> {
  const aligned = await alignSnapshot(client, heartbeat, AbortSignal.timeout(60_000))
  if (!aligned) throw new Error('no snapshot was aligned')
  const recorded = { how: 'aligned' as const, ...aligned.range, digests: await digests(client) }
  await client.query('rollback')
  return recorded
}

/** The obvious way: a snapshot together with the end of WAL at that moment. */
async function recordNaive(client: pg.Client): Promise<Recorded> {
  await client.query('begin isolation level repeatable read read only')
  const { rows } = await client.query('select pg_current_wal_insert_lsn()::text as lsn')
  const to = parseLsn(String((rows[0] as { lsn: string }).lsn))
  const recorded = { how: 'naive' as const, from: to - 64n, to, digests: await digests(client) }
  await client.query('rollback')
  return recorded
}

test.each([15, 18] as const)(
  'on %i replay to an aligned point gives what was recorded under concurrent writers, every time; to the obvious one it does not',
  async (major) => {
    const rounds = 20
    await using world = await World.create({ major, settings: { max_prepared_transactions: '5' } })
    const { server, context } = world
    await Writers.prepare(server)
    const backup = await world.backup()
    const heartbeat = new Heartbeat(await server.connect())
    await heartbeat.client.query('set synchronous_commit = local')
    await heartbeat.prepare()
    const client = await server.connect()
    const points: Recorded[] = []
    {
      await using _writers = new Writers(server)
      for (let round = 0; round < rounds; round++) {
        points.push(await recordAligned(client, heartbeat))
        for (let time = 0; time < 2; time++) points.push(await recordNaive(client))
      }
      await heartbeat.beat()
    }
    await world.archived()
    await client.end()
    await heartbeat.client.end()

    const { runAs, invoker } = context.facts
    const view = await ArchiveView.freeze(world.repository, backup.walSegmentBytes)
    await using scratch = await Scratch.make(world.member.paths.scratch, 'proof', runAs)
    await makePrivate(scratch.data, runAs)
    const signal = AbortSignal.timeout(100_000)
    const common = {
      repository: world.repository,
      backup,
      tablespaces: new Map(),
      runAs,
      signal,
    }
    await unpackBackup({ ...common, into: scratch.data, onBytes: () => undefined })
    const way = view.wayTo(1)
    await using feeder = await WalFeeder.start({ view, way, directory: join(scratch.path, 'feed'), runAs })
    await using recovery = await Recovery.begin({
      server: {
        postgres: { bin: server.bin, major },
        data: scratch.data,
        liveData: server.data,
        scratch: scratch.path,
        runAs,
        invoker,
        preload: [],
        sharedBuffersBytes: 2 ** 26,
        signal,
      },
      feeder,
      view,
      timeline: 1,
      way,
      backupTimeline: 1,
      end: view.endOf(way, parseLsn(backup.startLsn)),
    })
    const unequal = { aligned: 0, naive: 0 }
    for (const point of points.toSorted((one, other) => (one.to < other.to ? -1 : 1))) {
      const { lsn } = await recovery.replayTo(point.from, point.to)
      expect(lsn, `${point.how} ${formatLsn(point.to)}`).toBeLessThanOrEqual(point.to)
      const copy = await recovery.server.connect()
      await fixTextForms(copy)
      const found = await digests(copy)
      await copy.end()
      if (!found.every((digest, index) => sameDigest(digest, point.digests[index] ?? digest)))
        unequal[point.how] += 1
    }
    expect(unequal.aligned).toBe(0)
    expect(unequal.naive).toBeGreaterThan(0)
  },
)
