import { mend } from '../../diagnostic/diagnostic.ts'
import { durationText } from '../quantities.ts'
import { readSchedule } from '../schedule.ts'
import type { SpecRule } from './rule.ts'

export const backupAge: SpecRule = {
  id: 'backup-age',
  why: 'The alert would fire between any two backups, and soon nobody would look.',
  *examine(spec) {
    const schedule = readSchedule(spec.backups.schedule)
    if ('fault' in schedule) return
    const gap = schedule.longestGapSeconds()
    if (gap === undefined) return
    const allowed = spec.alerts.backupAge
    if (allowed > gap) return
    yield {
      code: 'SPEC_CONTRADICTION',
      detail: `backups.schedule leaves up to ${durationText(gap < 3600 ? gap : Math.ceil(gap / 3600) * 3600)} between two backups, but alerts.backupAge calls ${durationText(allowed)} too old; the alert would fire with everything in order`,
      mend: mend.edit('alerts.backupAge', durationText((Math.ceil(gap / 3600) + 2) * 3600)),
      path: ['alerts', 'backupAge'],
      involves: [['backups', 'schedule']],
    }
  },
  examples: {
    good: { name: 'a', backups: { schedule: '0 1 * * SUN' }, alerts: { backupAge: '8d' } },
    bad: [
      { spec: { name: 'a', backups: { schedule: '0 1 * * SUN' } }, at: 'alerts.backupAge' },
      { spec: { name: 'a', alerts: { backupAge: '24h' } }, at: 'alerts.backupAge' },
    ],
  },
}
