import { mend } from '../../diagnostic/diagnostic.ts'
import { defaultAt } from '../schema-walk.ts'
import { formatPath } from '../path.ts'
import { readSchedule } from '../schedule.ts'
import { shown } from '../shown.ts'
import type { SpecRule } from './rule.ts'

export const scheduleInvalid: SpecRule = {
  id: 'schedule-invalid',
  why: 'Nothing would ever run at such a time.',
  *examine(spec) {
    const { schedule: drills, window } = spec.drills
    const schedules = [
      ...[
        { path: ['backups', 'schedule'], text: spec.backups.schedule },
        { path: ['backups', 'proof', 'schedule'], text: spec.backups.proof.schedule },
      ].map((each) => ({ ...each, instead: defaultAt(each.path) })),
      ...Object.entries(drills).map(([name, text]) => ({
        path: ['drills', 'schedule', name],
        text,
        instead: '0 4 * * SUN',
      })),
      ...(window === undefined
        ? []
        : [{ path: ['drills', 'window'], text: window, instead: '* 2-4 * * SUN' }]),
    ]
    for (const { path, text, instead } of schedules) {
      const schedule = readSchedule(text)
      const fault =
        'fault' in schedule
          ? 'is no cron expression'
          : schedule.everRuns
            ? undefined
            : 'names a day that never comes'
      if (fault === undefined) continue
      yield {
        code: 'SPEC_INVALID',
        detail: `${formatPath(path)} ${shown(text)} ${fault}. One has five fields (minute, hour, day of month, month, weekday)${'fault' in schedule ? `; ${shown(schedule.fault)}` : ''}`,
        mend: mend.edit(formatPath(path), instead),
        path,
      }
    }
  },
  examples: {
    good: {
      name: 'a',
      backups: { schedule: '*/15 2-4 * * MON-FRI', proof: { schedule: '@daily' } },
      alerts: { backupAge: '4d' },
      postgres: { binaries: 'system' },
      topology: { members: 3 },
      databases: { app: { owner: 'app' } },
      roles: { app: { access: 'owner' } },
      drills: { schedule: { switchover: '0 4 * * SUN', restore: '@weekly' }, window: '* 2-4 * * SUN' },
    },
    bad: [
      { spec: { name: 'a', backups: { schedule: 'every night' } }, at: 'backups.schedule' },
      { spec: { name: 'a', backups: { schedule: '61 * * * *' } }, at: 'backups.schedule' },
      { spec: { name: 'a', backups: { schedule: '0 0 30 2 *' } }, at: 'backups.schedule' },
      { spec: { name: 'a', backups: { proof: { schedule: '* * * * * *' } } }, at: 'backups.proof.schedule' },
      {
        spec: { name: 'a', drills: { schedule: { switchover: 'sundays' } } },
        at: 'drills.schedule.switchover',
      },
      { spec: { name: 'a', drills: { window: '0 0 31 6 *' } }, at: 'drills.window' },
    ],
  },
}
