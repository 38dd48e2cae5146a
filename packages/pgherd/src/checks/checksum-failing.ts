import { diagnose, mend } from '../diagnostic/diagnostic.ts'
import { number, text } from './amount.ts'
import type { Check } from './check.ts'

interface Facts {
  readonly databases: readonly { readonly name: string; readonly failures: number }[]
}

/** Pages whose checksum did not match when read: the disk or memory damages data (pg_stat_database.checksum_failures). */
export const checksumFailing: Check<Facts> = {
  id: 'checksum-failing',
  about: 'server',
  everySeconds: 60,
  probe: {
    kind: 'sql',
    database: 'postgres',
    text: "select coalesce(datname, 'shared objects') as name, checksum_failures from pg_stat_database where checksum_failures > 0 order by 1 limit 50",
    parse: (rows) => ({
      databases: rows.map((row) => ({ name: text(row['name']), failures: number(row['checksum_failures']) })),
    }),
  },
  judge({ databases }, { member }) {
    return databases.map((each) =>
      diagnose('CHECKSUM_FAILING', {
        detail: `${each.failures} damaged page${each.failures === 1 ? ' was' : 's were'} read in "${each.name}" on ${member.name}: the disk or the memory of this machine damages data.`,
        mend: mend.advice(
          'Prove the newest backup (`pgherd prove`), restore it onto other hardware (`pgherd restore --into`), and replace this disk.',
        ),
        at: { member: member.name },
      }),
    )
  },
  samples: [
    { about: 'sound', facts: { databases: [] }, expect: [] },
    { about: 'damaged', facts: { databases: [{ name: 'app', failures: 1 }] }, expect: ['CHECKSUM_FAILING'] },
  ],
}
