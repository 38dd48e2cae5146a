import { setTimeout as sleep } from 'node:timers/promises'
import { diagnose, MigrateError } from '../diagnostic/diagnostic.ts'
import { literal } from '../history/sql-text.ts'
import { lockKey, qualified, type HistoryTable } from '../history/table.ts'
import { identifier } from '../history/sql-text.ts'
import type { Ground } from './ground.ts'
import type { Settled } from './options.ts'
import { putBackSql } from './put-back.ts'
import { refuseOpenTransaction, type Session } from '../connection/session.ts'

function tryLockSql(at: HistoryTable): string {
  return `select pg_try_advisory_lock(${lockKey(at)}) as got, pg_is_in_recovery() as standby, current_setting('transaction_read_only') as read_only,
now() < statement_timestamp() as in_transaction, to_regnamespace(${literal(identifier(at.schema))}) is not null as has_schema,
to_regclass(${literal(qualified(at))}) is not null as has_table, current_setting('search_path') as search_path,
current_setting('role') as role, session_user::text as session_user, current_setting('lock_timeout') as lock_timeout,
current_setting('statement_timeout') as statement_timeout,
current_setting('synchronous_commit') as synchronous_commit,
coalesce((select has_language_privilege(oid, 'usage') from pg_language where lanname = 'plpgsql'), false) as has_plpgsql,
coalesce((select string_agg(distinct case a.grantee when 0 then 'public' else quote_ident(pg_get_userbyid(a.grantee)) end, ', ')
  from pg_default_acl d, aclexplode(d.defaclacl) a where d.defaclrole = quote_ident(current_user)::regrole and d.defaclobjtype = 'r'
  and d.defaclnamespace in (0, coalesce(to_regnamespace(${literal(identifier(at.schema))})::oid, 0))
  and a.grantee <> d.defaclrole and a.privilege_type <> 'SELECT'), '') as other_writers`
}

/**
 * Runs `work` while this session holds the lock of the history table; waits for another runner up to `runnerWaitMs`.
 *
 * The lock is asked for again and again instead of waited for: a session that waits inside pg_advisory_lock holds a
 * snapshot, CREATE INDEX CONCURRENTLY of the runner that has the lock waits for old snapshots, and both would wait for
 * each other until the deadlock detector ends one.
 *
 * @throws MigrateError MIGRATE_LOCK_HELD, MIGRATE_READ_ONLY, MIGRATE_IN_TRANSACTION.
 */
export async function underLock<T>(
  session: Session,
  settled: Settled,
  work: (ground: Ground) => Promise<T>,
): Promise<T> {
  const ground = await takeLock(session, settled)
  try {
    return await work(ground)
  } finally {
    session.spoil()
    await restore(session, settled.table, ground)
  }
}

async function takeLock(session: Session, settled: Settled): Promise<Ground> {
  const began = performance.now()
  for (let attempt = 1; ; attempt += 1) {
    const row = (await session.query(tryLockSql(settled.table))).rows[0] ?? {}
    const got = row['got'] === true
    const isReadOnly = row['read_only'] === 'on'
    if (got && (row['in_transaction'] === true || isReadOnly))
      await session.query(`select pg_advisory_unlock(${lockKey(settled.table)})`)
    refuseOpenTransaction(row['in_transaction'] === true)
    if (isReadOnly) throw readOnly(row['standby'] === true)
    if (got)
      return {
        hasSchema: row['has_schema'] === true,
        hasTable: row['has_table'] === true,
        searchPath: String(row['search_path']),
        sessionUser: String(row['session_user']),
        role: String(row['role']),
        lockTimeout: String(row['lock_timeout']),
        statementTimeout: String(row['statement_timeout']),
        synchronousCommit: String(row['synchronous_commit']),
        hasPlpgsql: row['has_plpgsql'] === true,
        otherWriters: String(row['other_writers']),
      }
    const waitedMs = performance.now() - began
    if (waitedMs >= settled.runnerWaitMs) throw await held(session, settled)
    settled.onEvent({ kind: 'waiting-for-runner', waitedMs })
    await sleep(Math.min(15 * 1.3 ** attempt, 500) * (0.7 + Math.random() * 0.6))
  }
}

/** Puts back what is known of the session and lets go of the lock, whatever happened. A dead connection has let go already. */
async function restore(session: Session, at: HistoryTable, ground: Ground): Promise<void> {
  try {
    await session.query(
      `${putBackSql(ground)}select set_config('lock_timeout', ${literal(ground.lockTimeout)}, false), set_config('statement_timeout', ${literal(ground.statementTimeout)}, false),
set_config('synchronous_commit', ${literal(ground.synchronousCommit)}, false), pg_advisory_unlock(${lockKey(at)})`,
    )
  } catch {
    // the failure of the work itself is what the caller must see
  }
}

/** Who holds the lock: a query for `pg_locks` in this database. */
function lockHoldersSql(at: HistoryTable): string {
  const key = BigInt.asUintN(64, BigInt(lockKey(at)))
  return `select a.pid, a.usename as "user", a.application_name as application, host(a.client_addr) as address, a.state, extract(epoch from clock_timestamp() - a.state_change)::float8 as seconds
from pg_locks l join pg_stat_activity a using (pid)
where l.locktype = 'advisory' and l.granted and l.objsubid = 1 and l.classid = ${key >> 32n} and l.objid = ${key & 0xffffffffn}
and l.database = (select oid from pg_database where datname = current_database()) and a.pid <> pg_backend_pid()`
}

export interface LockHolder {
  readonly pid: number
  readonly label: string
  readonly state: string
  /** How long it has been in that state. */
  readonly seconds: number
}

export async function lockHolders(session: Session, at: HistoryTable): Promise<readonly LockHolder[]> {
  const { rows } = await session.query(lockHoldersSql(at))
  return rows.map((row) => ({
    pid: Number(row['pid']),
    label: `process ${String(row['pid'])} (user ${String(row['user'])}, application "${String(row['application'])}", from ${typeof row['address'] === 'string' ? row['address'] : 'a local socket'})`,
    state: String(row['state']),
    seconds: Number(row['seconds']),
  }))
}

async function held(session: Session, { table, runnerWaitMs }: Settled): Promise<MigrateError> {
  const holders = await lockHolders(session, table)
  const who = holders.map(({ label, state, seconds }) => `${label}, ${state} for ${seconds.toFixed(0)} s`)
  return new MigrateError([
    diagnose('MIGRATE_LOCK_HELD', {
      detail: `another runner has held the lock for all of ${runnerWaitMs / 1000} s: ${who.join('; ') || 'it has just gone'}. Two runners at once would run the same migration twice`,
      mend: `wait for it; if it is idle and its program is dead, repair with { kind: 'break-lock' }`,
    }),
  ])
}

function readOnly(isStandby: boolean): MigrateError {
  return new MigrateError([
    diagnose('MIGRATE_READ_ONLY', {
      detail: isStandby
        ? 'the server is a standby and takes no writes'
        : 'the session is read-only (default_transaction_read_only is on), so nothing can be applied',
      mend: isStandby
        ? 'connect to the primary (in a connection string: target_session_attrs=read-write)'
        : 'lift default_transaction_read_only for the role that migrates',
    }),
  ])
}
