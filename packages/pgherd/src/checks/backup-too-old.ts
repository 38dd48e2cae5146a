import { diagnose, mend } from '../diagnostic/diagnostic.ts'
import { seconds } from './amount.ts'
import type { Check } from './check.ts'
import type { CatalogueObservation } from './observation.ts'

/** Age of the newest finished base backup against `alerts.backupAge`. */
export const backupTooOld: Check<CatalogueObservation['backups']> = {
  id: 'backup-too-old',
  about: 'backups',
  everySeconds: 60,
  probe: { kind: 'observed', read: (observation) => observation.catalogue?.backups },
  judge(backups, { spec, member, now }) {
    const newest = backups.reduce((latest, each) => Math.max(latest, Date.parse(each.stoppedAt)), -Infinity)
    const at = { member: member.name, path: 'backups.schedule' }
    if (newest === -Infinity)
      return [
        diagnose('BACKUP_MISSING', {
          detail: `There is no backup of ${member.name}: a lost disk means lost data.`,
          mend: mend.run('pgherd', 'backup'),
          at,
        }),
      ]
    const age = (now.getTime() - newest) / 1000
    if (age <= spec.alerts.backupAge) return []
    return [
      diagnose('BACKUP_TOO_OLD', {
        detail: `The newest backup of ${member.name} is ${seconds(age)} old, alert at ${seconds(spec.alerts.backupAge)}; a restore must replay all WAL since then.`,
        mend: mend.run('pgherd', 'backup'),
        at,
      }),
    ]
  },
  samples: [
    { about: 'none', facts: [], expect: ['BACKUP_MISSING'] },
    { about: 'fresh', facts: [{ id: 'b', stoppedAt: '2026-01-10T01:30:00Z', storedBytes: 1 }], expect: [] },
    {
      about: 'from a clock ahead of ours',
      facts: [{ id: 'b', stoppedAt: '2026-01-11T01:30:00Z', storedBytes: 1 }],
      expect: [],
    },
    {
      about: 'old',
      facts: [{ id: 'b', stoppedAt: '2026-01-09T09:59:59Z', storedBytes: 1 }],
      expect: ['BACKUP_TOO_OLD'],
    },
    {
      about: 'the newest counts, whatever the order',
      facts: [
        { id: 'b', stoppedAt: '2026-01-10T01:30:00Z', storedBytes: 1 },
        { id: 'a', stoppedAt: '2025-01-09T01:30:00Z', storedBytes: 1 },
      ],
      expect: [],
    },
  ],
}
