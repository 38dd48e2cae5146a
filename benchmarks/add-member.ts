import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { setTimeout as sleep } from 'node:timers/promises'
import { findPrimary } from '../packages/pgherd/src/cluster/find-primary.ts'
import type { Member } from '../packages/pgherd/src/topology/topology.ts'
import { ClusterHerd } from './cluster-herd.ts'
import { goal, ratio, row, told } from './figures.ts'
import { limit } from './limit.ts'
import { secondsOf } from './median.ts'
import { libpqSettings, postgresProgram } from './pgbench.ts'

/**
 * How long `pgherd scale` takes to add a member to a cluster with a 1 GB pgbench database, against pg_basebackup alone: from
 * the same primary, with the options Patroni gives it (plain files, WAL streamed, a fast checkpoint, no compression). Each
 * round adds two members, since etcd's number stays odd, and removes them again with their data.
 *
 *   node benchmarks/add-member.ts [--rounds 3] [--scale 70]
 */
const { values } = parseArgs({
  options: { rounds: { type: 'string', default: '3' }, scale: { type: 'string', default: '70' } },
})
const rounds = Number(values.rounds)
const signal = limit(8 + rounds * 5)

await using cluster = await ClusterHerd.up({ signal, memory: '1GB' })
const access = await cluster.access()
const primary = await findPrimary(access)
if (!primary) throw new Error('there is no primary')
const app = await libpqSettings(access, primary)
await postgresProgram('pgbench', ['-i', '-q', '-s', values.scale], app, signal)

/** Everything written is at every member and in the archive, so that nothing but the clone is at work. */
async function quiet(): Promise<void> {
  await cluster.herd.admin('checkpoint')
  await cluster.whole()
  const behind = 'select coalesce(max(pg_current_wal_lsn() - restart_lsn), 0) from pg_replication_slots'
  while (Number(await cluster.herd.admin(behind)) > 32 * 2 ** 20) {
    signal.throwIfAborted()
    await sleep(500)
  }
}

/** As Patroni runs it, to the volume the members are on. */
async function baseBackup(from: Member): Promise<number> {
  const directory = mkdtempSync(join(tmpdir(), 'add-member-'))
  const replication = { user: 'pgherd_replication', secret: 'role-pgherd_replication', database: 'postgres' }
  const settings = await libpqSettings(access, from, replication)
  const argv = ['-D', join(directory, 'data'), '-F', 'plain', '-X', 'stream', '-c', 'fast']
  try {
    return await secondsOf(() => postgresProgram('pg_basebackup', argv, settings, signal))
  } finally {
    rmSync(directory, { recursive: true, force: true })
  }
}

interface Added {
  /** From the first step for the member to the first of the next, or to the end of the command. */
  readonly seconds: number
  /** Different lines of progress with an amount copied. */
  readonly progress: number
}

/** Adds two members, and tells them apart by the lines of progress of the command. */
async function scaleOut(): Promise<readonly Added[]> {
  const began = performance.now()
  const lines: { readonly at: number; readonly text: string }[] = []
  const addresses = cluster.addresses.members.slice(3, 5).join()
  await cluster.runTelling(['scale', '--members', '5', '--address', addresses, '--yes'], (text) => {
    if (text !== '') lines.push({ at: (performance.now() - began) / 1000, text })
  })
  // where the time went, for who wants to know
  for (const { at, text } of lines) process.stderr.write(`${at.toFixed(1).padStart(7)} s  ${text}\n`)
  const begins = lines.filter(({ text }) => /^adding pg\d to etcd/.test(text)).map(({ at }) => at)
  const ends = [...begins.slice(1), (performance.now() - began) / 1000]
  return begins.map((begin, index) => {
    const end = ends[index] ?? NaN
    const own = lines.filter(({ at, text }) => at >= begin && at < end && / from pg\d: \d+ MiB/.test(text))
    return { seconds: end - begin, progress: own.length }
  })
}

async function scaleIn(): Promise<void> {
  await quiet()
  await cluster.run('scale', '--members', '3', '--destroy-data', '--name', cluster.name, '--yes')
}

const added: Added[] = []
const alone: number[] = []
for (let round = 0; round < rounds; round++) {
  if (round > 0) await scaleIn()
  await quiet()
  alone.push(told('pg_basebackup', await baseBackup(primary)))
  await quiet()
  added.push(...told('scale', await scaleOut()))
}

const bytes = Number(await cluster.herd.admin("select pg_database_size('app')"))
const seconds = added.map((each) => each.seconds)
const lines = added.map(({ progress }) => progress)
console.log(`database of ${(bytes / 2 ** 20).toFixed(0)} MB`)
console.log(row('pgherd scale, one member', seconds))
console.log(row('pg_basebackup alone', alone))
console.log(goal('ratio', ratio(seconds, alone), { atMost: 1.2 }, 'x'))
console.log(row('lines of progress for a member', lines, '', 0))
