import { diagnose, mend } from '../diagnostic/diagnostic.ts'
import { number, percent } from './amount.ts'
import type { Check } from './check.ts'

interface Facts {
  readonly used: number
  /** Slots ordinary roles may take: max_connections less both reserves. */
  readonly usable: number
}

/** Client sessions against the slots an ordinary role can get (PostgreSQL docs, "Connections and Authentication"). */
export const connectionsNearLimit: Check<Facts> = {
  id: 'connections-near-limit',
  about: 'server',
  everySeconds: 10,
  probe: {
    kind: 'sql',
    database: 'postgres',
    // reserved_connections exists from 16 on
    text: `select (select count(*) from pg_stat_activity where backend_type = 'client backend') as used,
      current_setting('max_connections')::int - current_setting('superuser_reserved_connections')::int
        - coalesce(current_setting('reserved_connections', true)::int, 0) as usable`,
    parse: (rows) => ({ used: number(rows[0]?.['used']), usable: number(rows[0]?.['usable']) }),
  },
  judge({ used, usable }, { spec, member }) {
    const limit = spec.alerts.connectionShare
    if (usable <= 0 || used / usable < limit) return []
    return [
      diagnose('CONNECTIONS_NEAR_LIMIT', {
        detail: `${used} of ${usable} usable connections on ${member.name} are taken (${percent(used / usable)}, alert at ${percent(limit)}); at the limit new sessions are refused.`,
        mend: mend.edit('postgres.connections', Math.ceil(spec.postgres.connections * 1.5)),
        at: { member: member.name, path: 'postgres.connections' },
      }),
    ]
  },
  samples: [
    { about: 'quiet', facts: { used: 10, usable: 100 }, expect: [] },
    { about: 'just below', facts: { used: 79, usable: 100 }, expect: [] },
    { about: 'at the threshold', facts: { used: 80, usable: 100 }, expect: ['CONNECTIONS_NEAR_LIMIT'] },
    { about: 'full', facts: { used: 100, usable: 100 }, expect: ['CONNECTIONS_NEAR_LIMIT'] },
  ],
}
