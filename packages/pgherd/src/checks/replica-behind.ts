import { diagnose, mend } from '../diagnostic/diagnostic.ts'
import { number, seconds, text } from './amount.ts'
import type { Check } from './check.ts'

interface Facts {
  readonly replicas: readonly { readonly name: string; readonly state: string; readonly lagSeconds: number }[]
}

/** Standbys (not our WAL archive) that replay later than `alerts.replicationLag`. replay_lag is null while idle. */
export const replicaBehind: Check<Facts> = {
  id: 'replica-behind',
  about: 'server',
  everySeconds: 10,
  probe: {
    kind: 'sql',
    database: 'postgres',
    text: `select application_name, state, coalesce(extract(epoch from replay_lag), 0)::float8 as lag
      from pg_stat_replication where application_name <> 'pgherd_wal' and state in ('streaming', 'catchup') order by 3 desc limit 100`,
    parse: (rows) => ({
      replicas: rows.map((row) => ({
        name: text(row['application_name']),
        state: text(row['state']),
        lagSeconds: number(row['lag']),
      })),
    }),
  },
  judge({ replicas }, { spec, member }) {
    return replicas
      .filter((each) => each.lagSeconds > spec.alerts.replicationLag)
      .map((each) =>
        diagnose('REPLICA_BEHIND', {
          detail: `Standby "${each.name}" of ${member.name} replays ${seconds(each.lagSeconds)} behind (${each.state}), alert at ${seconds(spec.alerts.replicationLag)}; reads there are stale and a failover to it takes longer.`,
          mend: mend.advice(
            'Look for long queries on the standby, a slow disk there, or a slow network between the two.',
          ),
          at: { member: member.name },
        }),
      )
  },
  samples: [
    { about: 'none', facts: { replicas: [] }, expect: [] },
    { about: 'near', facts: { replicas: [{ name: 'pg2', state: 'streaming', lagSeconds: 60 }] }, expect: [] },
    {
      about: 'far',
      facts: { replicas: [{ name: 'pg2', state: 'streaming', lagSeconds: 61 }] },
      expect: ['REPLICA_BEHIND'],
    },
  ],
}
