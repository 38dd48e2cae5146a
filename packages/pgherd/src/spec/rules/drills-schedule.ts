import { mend } from '../../diagnostic/diagnostic.ts'
import { asksForCluster } from '../cluster.ts'
import type { SpecFinding } from '../finding.ts'
import { formatPath } from '../path.ts'
import { durationText } from '../quantities.ts'
import { readSchedule } from '../schedule.ts'
import { shown } from '../shown.ts'
import type { SpecRule } from './rule.ts'

/** A drill warms up, waits until every member is back and cleans up; the longest hold their fault for minutes. */
const closestSeconds = 15 * 60

const path = ['drills', 'schedule']

export const drillsSchedule: SpecRule = {
  id: 'drills-schedule',
  why: 'A drill that is always refused proves nothing, and looks as if it did.',
  *examine(spec): Iterable<SpecFinding> {
    const schedules = Object.entries(spec.drills.schedule)
    if (schedules.length === 0 || !asksForCluster(spec)) return
    if (Object.keys(spec.databases).length === 0) {
      yield {
        code: 'SPEC_CONTRADICTION',
        detail:
          'drills write and read as an application does, but the spec declares no database, so each would be refused',
        mend: mend.advice('declare a database and its owner below databases and roles'),
        path,
        involves: [['databases']],
      }
    }
    for (const [name, text] of schedules) {
      const schedule = readSchedule(text)
      const gap = 'fault' in schedule ? undefined : schedule.shortestGapSeconds()
      if (gap === undefined || gap >= closestSeconds) continue
      yield {
        code: 'SPEC_DOUBTFUL',
        detail: `${formatPath([...path, name])} ${shown(text)} leaves ${durationText(gap)} between two drills, each of which interrupts users and may take minutes; what is due while one runs is skipped`,
        mend: mend.edit(formatPath([...path, name]), '0 4 * * SUN'),
        path: [...path, name],
      }
    }
  },
  examples: {
    good: {
      name: 'a',
      postgres: { binaries: 'system' },
      topology: { members: 3 },
      databases: { app: { owner: 'app' } },
      roles: { app: { access: 'owner' } },
      drills: { schedule: { switchover: '0 4 * * SUN', restore: '@daily', 'kill-member': '@hourly' } },
    },
    bad: [
      {
        spec: {
          name: 'a',
          postgres: { binaries: 'system' },
          topology: { members: 3 },
          drills: { schedule: { switchover: '0 4 * * SUN' } },
        },
        at: 'drills.schedule',
      },
      {
        spec: {
          name: 'a',
          postgres: { binaries: 'system' },
          topology: { members: 3 },
          databases: { app: { owner: 'app' } },
          roles: { app: { access: 'owner' } },
          drills: { schedule: { switchover: '* 4 * * SUN' } },
        },
        at: 'drills.schedule.switchover',
      },
    ],
  },
}
