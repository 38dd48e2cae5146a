import type { Session } from '../connection/session.ts'
import { lockHolders } from '../run/lock.ts'
import type { Settled } from '../run/options.ts'
import { refused } from './action.ts'

/**
 * Lock stuck: ends the session that holds the lock and does nothing, such as that of a machine that lost its network. One
 * that works is left alone: ending it would break a migration.
 */
export async function breakLock(session: Session, { table }: Settled, idleSeconds: number): Promise<string> {
  const [holder] = await lockHolders(session, table)
  if (!holder) throw refused(undefined, 'nobody holds the lock', 'there is nothing to do')
  if (!holder.state.startsWith('idle') || holder.seconds < idleSeconds)
    throw refused(
      undefined,
      `${holder.label} has been ${holder.state} for ${holder.seconds.toFixed(0)} s and may be at work`,
      `wait until it has been idle for ${idleSeconds} s, or give a smaller idleSeconds`,
    )
  // the state is asked for once more in the same statement: it may have begun to work meanwhile
  const { rows } = await session.query(
    `select pg_terminate_backend(pid, 5000) as ended from pg_stat_activity where pid = ${holder.pid} and state like 'idle%'`,
  )
  if (rows[0]?.['ended'] !== true)
    throw refused(undefined, `${holder.label} did not end`, 'end it as a superuser, or stop its program')
  return `${holder.label}, idle for ${holder.seconds.toFixed(0)} s, was ended; the lock is free`
}
