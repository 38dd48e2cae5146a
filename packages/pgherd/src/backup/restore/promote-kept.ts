import { existsSync } from 'node:fs'
import { copyFile, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { DiagnosticError, diagnose, mend } from '../../diagnostic/diagnostic.ts'
import { giveTo } from '../../hosts/run-as.ts'
import type { RunAs } from '../../topology/host-facts.ts'
import { formatLsn } from '../lsn.ts'
import { parseHistory } from '../timelines.ts'
import { historyName } from '../wal-names.ts'
import { availablePreload } from './preload.ts'
import { stopOrphan, type Scratch } from './scratch.ts'
import { readControl, TemporaryServer, type TemporaryServerOptions } from './temporary-server.ts'

export interface PromoteOptions extends Omit<
  TemporaryServerOptions,
  'recovery' | 'durable' | 'scratch' | 'preload'
> {
  readonly scratch: Scratch
  readonly preload: string
  /** History files of every timeline there is, by number: the new one has to be higher than all of them. */
  readonly histories: ReadonlyMap<number, Buffer>
  /** Replication slot that must be there, so that the archive has no gap on the new timeline. */
  readonly slot: string
}

export interface Promoted {
  readonly timeline: number
  /** Where the new timeline begins. */
  readonly lsn: string
  readonly history: Buffer
}

/**
 * Puts a data directory that was kept aside on a timeline of its own, higher than all that came after it, so that it can
 * serve again without its WAL being taken for what was archived meanwhile. Everything it holds stays. Unlike a restored
 * copy it may be the only one, so it is written as safely as by any server. Can be repeated after a crash at any point.
 *
 * @throws DiagnosticError RESTORE_SERVER_FAILED, RESTORE_UNFINISHED.
 */
export async function promoteKept(options: PromoteOptions): Promise<Promoted> {
  const { data, scratch, runAs, histories } = options
  await stopOrphan(data)
  await rm(join(data, 'postmaster.pid'), { force: true })
  const { timeline: before } = await readControl(data)
  // A server takes the number after the last history it finds without a hole (findNewestTimeLine in timeline.c); and
  // standbys of it ask for all of them (WalRcvFetchTimeLineHistoryFiles in walreceiver.c).
  for (const [timeline, text] of histories) {
    if (timeline <= before) continue
    const path = join(data, 'pg_wal', historyName(timeline))
    await writeFile(path, text, { mode: 0o600, flush: true })
    await giveTo(path, runAs)
  }
  await holdAutoConf(data, runAs)
  try {
    await using server = await TemporaryServer.start({
      ...options,
      scratch: scratch.path,
      preload: await availablePreload(options.preload, options.postgres.bin),
      recovery: { restoreCommand: 'false', timeline: 'current' },
      durable: true,
    })
    const timeline = await promote(server, options)
    const newest = Math.max(before, ...histories.keys())
    if (timeline <= newest) throw taken(data, timeline, newest)
    const history = await readFile(join(data, 'pg_wal', historyName(timeline)))
    const begin = parseHistory(history.toString('latin1')).at(-1)?.until ?? 0n
    return { timeline, lsn: formatLsn(begin), history }
  } finally {
    await releaseAutoConf(data)
  }
}

async function promote(server: TemporaryServer, options: PromoteOptions): Promise<number> {
  const { data, runAs, slot, signal } = options
  const client = await server.connected(signal)
  try {
    // as pg_ctl promote does; what is left to replay in pg_wal is replayed first
    await writeFile(join(data, 'promote'), '')
    await giveTo(join(data, 'promote'), runAs)
    process.kill(server.pid, 'SIGUSR1')
    for (;;) {
      signal.throwIfAborted()
      const { rows } = await client.query<{ standby: boolean }>(
        'select pg_catalog.pg_is_in_recovery() as standby',
      )
      if (rows[0]?.standby === false) break
      await sleep(20)
    }
    await client.query(
      `select pg_catalog.pg_create_physical_replication_slot($1, true)
        where not exists (select from pg_catalog.pg_replication_slots where slot_name = $1)`,
      [slot],
    )
    await client.query('checkpoint')
    const { rows } = await client.query<{ timeline: number }>(
      'select timeline_id as timeline from pg_catalog.pg_control_checkpoint()',
    )
    return rows[0]?.timeline ?? 0
  } finally {
    await client.end().catch(() => undefined)
    await server.stop('fast')
  }
}

const autoConf = 'postgresql.auto.conf'
const heldAutoConf = 'postgresql.auto.conf.pgherd'

/** The temporary server takes the settings of ALTER SYSTEM away for a while: a copy of them outlives a crash. */
async function holdAutoConf(data: string, runAs: RunAs): Promise<void> {
  const [own, held] = [join(data, autoConf), join(data, heldAutoConf)]
  if (existsSync(own)) await copyFile(own, held)
  else if (existsSync(held)) await copyFile(held, own)
  else return
  for (const path of [own, held]) await giveTo(path, runAs)
}

async function releaseAutoConf(data: string): Promise<void> {
  if (existsSync(join(data, heldAutoConf))) await rename(join(data, heldAutoConf), join(data, autoConf))
}

function taken(data: string, timeline: number, newest: number): DiagnosticError {
  return new DiagnosticError(
    diagnose('RESTORE_UNFINISHED', {
      detail: `${data} was promoted to timeline ${timeline}, and there is a timeline ${newest} already: a history file between the two is missing, in the archive and on the members`,
      mend: mend.run('pgherd', 'restore', '--to', 'latest', '--in-place'),
    }),
  )
}
