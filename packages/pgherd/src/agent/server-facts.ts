import { text } from '../checks/amount.ts'
import type { AskSql } from '../checks/run-checks.ts'
import { parseLsn, type Lsn } from '../backup/lsn.ts'

/** What only the server can tell about itself. */
export interface ServerFacts {
  readonly inRecovery: boolean
  readonly timeline: number | null
  readonly version: string
  /** Newest position written (primary) or received (standby). */
  readonly wal: Lsn | null
}

const question = `select pg_is_in_recovery() as recovering, current_setting('server_version') as version,
  case when pg_is_in_recovery() then pg_last_wal_receive_lsn() else pg_current_wal_lsn() end::text as lsn,
  case when pg_is_in_recovery() then (select received_tli from pg_stat_wal_receiver)
    else ('x' || substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8))::bit(32)::int end as timeline`

/** The timeline comes from the name of the current WAL file: the control file tells that of the last checkpoint. */
export async function readServerFacts(ask: AskSql): Promise<ServerFacts> {
  const row = (await ask('postgres', question))[0] ?? {}
  return {
    inRecovery: row['recovering'] === true,
    timeline: typeof row['timeline'] === 'number' ? row['timeline'] : null,
    version: text(row['version']).split(' ')[0] ?? '',
    wal: typeof row['lsn'] === 'string' ? parseLsn(row['lsn']) : null,
  }
}
