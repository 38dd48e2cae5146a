import { diagnose, mend } from '../diagnostic/diagnostic.ts'
import { bytes } from './amount.ts'
import type { Check } from './check.ts'
import type { KeptDataObservation } from './observation.ts'

/** A restore in place deletes nothing: what was there before lies beside the data until somebody removes it. */
export const dataKept: Check<readonly KeptDataObservation[]> = {
  id: 'data-kept',
  about: 'host',
  everySeconds: 60,
  probe: { kind: 'observed', read: (observation) => observation.keptData },
  judge(kept, { member }) {
    return kept.map((each) =>
      diagnose('DATA_KEPT', {
        detail: `${each.path} is the data directory of ${member.name} from before a restore${each.bytes === null ? '' : ` and takes up ${bytes(each.bytes)}`}; nobody removes it but you.`,
        mend: mend.advice(`Once the restored data is as it should be: rm -r ${shellWord(each.path)}`),
        at: { member: member.name, file: each.path },
      }),
    )
  },
  samples: [
    { about: 'nothing', facts: [], expect: [] },
    {
      about: 'after a restore',
      facts: [{ path: "/var/lib/it's/data.before-restore-20260110T120000Z", bytes: 4e9 }],
      expect: ['DATA_KEPT'],
    },
    {
      about: 'after two, not measured yet',
      facts: [
        { path: '/d/data.before-restore-20260110T120000Z', bytes: null },
        { path: '/d/data.before-restore-20260110T130000Z', bytes: 1 },
      ],
      expect: ['DATA_KEPT', 'DATA_KEPT'],
    },
  ],
}

function shellWord(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`
}
