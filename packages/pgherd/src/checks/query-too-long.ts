import { diagnose, mend } from '../diagnostic/diagnostic.ts'
import { number, seconds, text } from './amount.ts'
import type { Check } from './check.ts'

interface Facts {
  readonly queries: readonly {
    readonly pid: number
    readonly role: string
    readonly database: string
    readonly seconds: number
  }[]
}

/** Queries that run longer than `alerts.longestQuery`; the text is not shown, it may hold data. */
export const queryTooLong: Check<Facts> = {
  id: 'query-too-long',
  about: 'server',
  everySeconds: 30,
  probe: {
    kind: 'sql',
    database: 'postgres',
    text: `select pid, usename, datname, extract(epoch from now() - query_start)::float8 as seconds from pg_stat_activity
      where state = 'active' and backend_type = 'client backend' and pid <> pg_backend_pid() order by query_start limit 3`,
    parse: (rows) => ({
      queries: rows.map((row) => ({
        pid: number(row['pid']),
        role: text(row['usename']),
        database: text(row['datname']),
        seconds: number(row['seconds']),
      })),
    }),
  },
  judge({ queries }, { spec, member }) {
    return queries
      .filter((each) => each.seconds >= spec.alerts.longestQuery)
      .map((each) =>
        diagnose('QUERY_TOO_LONG', {
          detail: `A query of role "${each.role}" in "${each.database}" on ${member.name} (pid ${each.pid}) runs for ${seconds(each.seconds)}, alert at ${seconds(spec.alerts.longestQuery)}.`,
          mend: mend.run('pgherd', 'psql', '--admin', '--', '-c', `select pg_cancel_backend(${each.pid})`),
          at: { member: member.name },
        }),
      )
  },
  samples: [
    { about: 'none', facts: { queries: [] }, expect: [] },
    {
      about: 'short',
      facts: { queries: [{ pid: 7, role: 'app', database: 'app', seconds: 3599 }] },
      expect: [],
    },
    {
      about: 'long',
      facts: { queries: [{ pid: 7, role: 'app', database: 'app', seconds: 3600 }] },
      expect: ['QUERY_TOO_LONG'],
    },
  ],
}
