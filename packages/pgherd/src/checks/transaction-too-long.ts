import { diagnose, mend } from '../diagnostic/diagnostic.ts'
import { number, seconds, text } from './amount.ts'
import type { Check } from './check.ts'

interface Facts {
  readonly transactions: readonly {
    readonly pid: number
    readonly role: string
    readonly database: string
    readonly state: string
    readonly seconds: number
  }[]
}

/** Open transactions hold back vacuum and keep locks; worst first. Base backups and vacuum itself are left out. */
export const transactionTooLong: Check<Facts> = {
  id: 'transaction-too-long',
  about: 'server',
  everySeconds: 10,
  probe: {
    kind: 'sql',
    database: 'postgres',
    text: `select pid, usename, datname, state, extract(epoch from now() - xact_start)::float8 as seconds
      from pg_stat_activity where xact_start is not null and backend_type = 'client backend' and pid <> pg_backend_pid()
        and (state is distinct from 'active' or query !~* '^\\s*(vacuum|analyze|reindex|create index)')
      order by xact_start limit 3`,
    parse: (rows) => ({
      transactions: rows.map((row) => ({
        pid: number(row['pid']),
        role: text(row['usename']),
        database: text(row['datname']),
        state: text(row['state']),
        seconds: number(row['seconds']),
      })),
    }),
  },
  judge({ transactions }, { spec, member }) {
    return transactions
      .filter((each) => each.seconds >= spec.alerts.longestTransaction)
      .map((each) =>
        diagnose('TRANSACTION_TOO_LONG', {
          detail: `A transaction of role "${each.role}" in "${each.database}" on ${member.name} (pid ${each.pid}, ${each.state || 'state unknown'}) is open for ${seconds(each.seconds)}, alert at ${seconds(spec.alerts.longestTransaction)}; it keeps its locks and stops vacuum from removing dead rows.`,
          mend: mend.run('pgherd', 'psql', '--admin', '--', '-c', `select pg_terminate_backend(${each.pid})`),
          at: { member: member.name },
        }),
      )
  },
  samples: [
    { about: 'none', facts: { transactions: [] }, expect: [] },
    {
      about: 'short',
      facts: { transactions: [{ pid: 1, role: 'app', database: 'app', state: 'active', seconds: 299 }] },
      expect: [],
    },
    {
      about: 'two long ones',
      facts: {
        transactions: [
          { pid: 1, role: 'app', database: 'app', state: 'idle in transaction', seconds: 4000 },
          { pid: 2, role: 'app', database: 'app', state: 'active', seconds: 300 },
          { pid: 3, role: 'app', database: 'app', state: 'active', seconds: 2 },
        ],
      },
      expect: ['TRANSACTION_TOO_LONG', 'TRANSACTION_TOO_LONG'],
    },
  ],
}
