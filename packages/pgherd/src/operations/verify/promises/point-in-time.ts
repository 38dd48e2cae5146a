import { setTimeout as sleep } from 'node:timers/promises'
import type pg from 'pg'
import { parseLsn } from '../../../backup/lsn.ts'
import { readArchived } from '../../../backup/read-archived.ts'
import type { Repository } from '../../../backup/repository.ts'
import { restorableWindows, walGaps } from '../../../backup/window.ts'
import { openRepositoryOf } from '../../open-repository.ts'
import type { PromiseCheck } from '../promise.ts'

/**
 * A commit made now is in the archive within the RPO, without a gap since the oldest backup. With an RPO of 0 it is
 * there when it is acknowledged.
 */
export const pointInTime: PromiseCheck = {
  id: 'point-in-time',
  rows: ['A10', 'E5', 'J11'],
  promise: 'WAL streams into the repository without a gap, within the RPO',
  appliesTo: () => true,
  async measure({ context, asSuperuser }) {
    const repository = await openRepositoryOf(context)
    const client = await asSuperuser()
    const lsn = await commit(client)
    const acknowledged = performance.now()
    const until = acknowledged + context.spec.backups.objectives.rpo * 1000
    let archived = await hasArrived(client, repository, lsn)
    while (!archived && !context.signal.aborted && performance.now() < until) {
      await sleep(100)
      archived = await hasArrived(client, repository, lsn)
    }
    const seconds = (performance.now() - acknowledged) / 1000
    const inRepository = await readArchived(repository)
    const gaps = walGaps(inRepository)
    const window = restorableWindows(inRepository).at(-1)
    return {
      ok: archived && gaps.length === 0 && window !== undefined,
      measured: archived
        ? `a commit at ${lsn} was archived ${seconds.toFixed(1)} s after it was acknowledged; window ${window?.fromTime ?? '?'} to ${window?.toTime ?? '?'}, ${gaps.length} gaps`
        : `a commit at ${lsn} had not arrived ${seconds.toFixed(0)} s after it was acknowledged`,
    }
  },
}

/** Commits something that touches no table, waiting as every commit does; gives where its record ends. */
async function commit(client: pg.Client): Promise<string> {
  const { rows } = await client.query<{ lsn: string }>(
    `select pg_catalog.pg_logical_emit_message(true, 'pgherd', 'verify')::text as lsn`,
  )
  return rows[0]?.lsn ?? '0/0'
}

/** The receiver has told the server that it is safe, or has noted it in the repository. */
async function hasArrived(client: pg.Client, repository: Repository, lsn: string): Promise<boolean> {
  const { rows } = await client.query<{ there: boolean }>(
    `select coalesce(max(flush_lsn) > $1::pg_lsn, false) as there
     from pg_catalog.pg_stat_replication where application_name = 'pgherd_wal'`,
    [lsn],
  )
  if (rows[0]?.there === true) return true
  const { position } = await repository.wal()
  return position !== undefined && parseLsn(position.lsn) > parseLsn(lsn)
}
