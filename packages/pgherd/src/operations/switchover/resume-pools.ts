import { setTimeout as sleep } from 'node:timers/promises'
import type { ClusterAccess } from '../../cluster/access.ts'
import { PoolerAdmin } from '../../cluster/pooler-admin.ts'
import { DiagnosticError, diagnose, mend, type Diagnostic } from '../../diagnostic/diagnostic.ts'
import { forgetPause, isForgotten, pauseOnRecord } from './paused-file.ts'

/**
 * Resumes the pools over a connection of its own and tries for some seconds: nothing may leave clients waiting. Pools that
 * are not paused are left as they are. Throws DiagnosticError POOLS_PAUSED when PgBouncer cannot be told.
 */
export async function resumePools(access: ClusterAccess, attempts = 20): Promise<void> {
  let last: unknown
  for (let attempt = 0; attempt < attempts; attempt++) {
    if (attempt > 0) await sleep(250)
    try {
      await using admin = await PoolerAdmin.connect(access)
      await resumeOver(admin)
      return
    } catch (error) {
      last = error
    }
  }
  throw new DiagnosticError(
    diagnose('POOLS_PAUSED', {
      detail: `PgBouncer could not be told to resume: ${last instanceof Error ? last.message : String(last)}; clients wait until it is, at most for pooler.queryWait`,
      mend: mend.advice('restart PgBouncer: a new one is not paused. pgherd up starts it when it is down'),
    }),
    { cause: last },
  )
}

/** RESUME of pools that are not paused is an error to PgBouncer and none to us. */
export async function resumeOver(admin: PoolerAdmin): Promise<void> {
  try {
    await admin.resume()
  } catch (error) {
    if (!(error instanceof Error && /not paused/i.test(error.message))) throw error
  }
}

/**
 * For the agent's loop: resumes pools whose operation died (kill -9, power) or has been at it for too long. Pools somebody
 * paused by hand are nobody's mistake and stay paused. Gives what it did as a finding; undefined when there was nothing
 * to do. Throws DiagnosticError POOLS_PAUSED.
 */
export async function resumeForgottenPools(
  access: ClusterAccess,
  now: Date,
): Promise<Diagnostic | undefined> {
  const record = pauseOnRecord(access.topology)
  if (!record || !isForgotten(record, now)) return undefined
  await resumePools(access)
  forgetPause(access.topology)
  return diagnose('POOLS_RESUMED', {
    detail: `${record.operation} had paused the pools and did not come to its end`,
    mend: mend.run('pgherd', 'status'),
  })
}
