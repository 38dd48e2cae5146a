import { diagnose, mend } from '../diagnostic/diagnostic.ts'
import type { Check } from './check.ts'
import type { GapObservation } from './observation.ts'

/** WAL that is missing behind a kept backup: no restore can pass it. A newer backup heals the present, not the past. */
export const archiveGap: Check<readonly GapObservation[]> = {
  id: 'archive-gap',
  about: 'archive',
  everySeconds: 60,
  probe: { kind: 'observed', read: (observation) => observation.catalogue?.gaps },
  judge(gaps, { member }) {
    const at = { member: member.name }
    return gaps.map((gap) => {
      const shown =
        gap.missing.slice(0, 3).join(', ') +
        (gap.missing.length > 3 ? ` and ${gap.missing.length - 3} more` : '')
      return gap.healed
        ? diagnose('ARCHIVE_GAP_HEALED', {
            detail: `The WAL archive of ${member.name} lacks ${shown}. A newer backup was taken since; only older backups end at the gap, until retention removes them.`,
            mend: mend.advice('Nothing is left to do.'),
            at,
          })
        : diagnose('ARCHIVE_GAP', {
            detail: `The WAL archive of ${member.name} lacks ${shown}, and there is no newer backup: nothing written since then can be restored.`,
            mend: mend.run('pgherd', 'backup'),
            at,
          })
    })
  },
  samples: [
    { about: 'complete', facts: [], expect: [] },
    {
      about: 'one segment',
      facts: [{ missing: ['000000010000000000000007'], healed: false }],
      expect: ['ARCHIVE_GAP'],
    },
    {
      about: 'an old one and a new one',
      facts: [
        { missing: ['a', 'b', 'c', 'd', 'e'], healed: true },
        { missing: ['f'], healed: false },
      ],
      expect: ['ARCHIVE_GAP_HEALED', 'ARCHIVE_GAP'],
    },
  ],
}
