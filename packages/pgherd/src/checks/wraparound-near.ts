import { diagnose, mend } from '../diagnostic/diagnostic.ts'
import { number, percent, text } from './amount.ts'
import type { Check } from './check.ts'

interface Facts {
  readonly databases: readonly { readonly name: string; readonly xids: number; readonly multixacts: number }[]
}

/** Half of the 32-bit number space; at its end the server refuses writes (PostgreSQL docs 24.1.5). */
const limit = 2 ** 31

export const wraparoundNear: Check<Facts> = {
  id: 'wraparound-near',
  about: 'server',
  everySeconds: 300,
  probe: {
    kind: 'sql',
    database: 'postgres',
    text: `select datname, age(datfrozenxid)::int8 as xids, mxid_age(datminmxid)::int8 as multixacts from pg_database
      order by greatest(age(datfrozenxid), mxid_age(datminmxid)) desc limit 10`,
    parse: (rows) => ({
      databases: rows.map((row) => ({
        name: text(row['datname']),
        xids: number(row['xids']),
        multixacts: number(row['multixacts']),
      })),
    }),
  },
  judge({ databases }, { spec, member }) {
    return databases
      .filter((each) => Math.max(each.xids, each.multixacts) / limit >= spec.alerts.wraparoundShare)
      .map((each) =>
        diagnose('WRAPAROUND_NEAR', {
          detail: `Database "${each.name}" on ${member.name} has used ${percent(Math.max(each.xids, each.multixacts) / limit)} of its transaction numbers since the last freeze, alert at ${percent(spec.alerts.wraparoundShare)}; at the end the server refuses writes.`,
          mend: mend.advice(
            `End old transactions and drop unused slots, then run VACUUM (FREEZE) in "${each.name}".`,
          ),
          at: { member: member.name },
        }),
      )
  },
  samples: [
    { about: 'young', facts: { databases: [{ name: 'app', xids: 2e8, multixacts: 0 }] }, expect: [] },
    {
      about: 'transactions',
      facts: { databases: [{ name: 'app', xids: 2 ** 30, multixacts: 0 }] },
      expect: ['WRAPAROUND_NEAR'],
    },
    {
      about: 'multixacts, in one of two',
      facts: {
        databases: [
          { name: 'app', xids: 5, multixacts: 1.5e9 },
          { name: 'postgres', xids: 5, multixacts: 5 },
        ],
      },
      expect: ['WRAPAROUND_NEAR'],
    },
  ],
}
