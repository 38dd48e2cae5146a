import { diagnose, mend } from '../diagnostic/diagnostic.ts'
import type { Check } from './check.ts'

interface Facts {
  readonly paused: boolean
  /** Null when it was not pgherd that paused it, so that nobody ends it. */
  readonly until: string | null
}

/** Patroni is paused: a dead primary stays dead. */
export const clusterAutomationPaused: Check<Facts> = {
  id: 'cluster-automation-paused',
  about: 'server',
  everySeconds: 5,
  probe: {
    kind: 'observed',
    read: ({ cluster, pausedUntil = null }) =>
      cluster ? { paused: cluster.paused, until: pausedUntil } : undefined,
  },
  judge({ paused, until }, { member }) {
    if (!paused) return []
    const end = until === null ? 'without an end, as by patronictl: pgherd unpause ends it' : `until ${until}`
    return [
      diagnose('CLUSTER_AUTOMATION_PAUSED', {
        detail: `Automation of the cluster behind ${member.name} is paused ${end}. Nobody takes over from a primary that dies, and nothing heals by itself.`,
        mend: mend.run('pgherd', 'unpause'),
        at: { member: member.name },
      }),
    ]
  },
  samples: [
    { about: 'all is well', facts: { paused: false, until: null }, expect: [] },
    {
      about: 'a record that was left over',
      facts: { paused: false, until: '2026-01-10T12:30:00Z' },
      expect: [],
    },
    {
      about: 'paused with an end',
      facts: { paused: true, until: '2026-01-10T12:30:00Z' },
      expect: ['CLUSTER_AUTOMATION_PAUSED'],
    },
    {
      about: 'paused by hand',
      facts: { paused: true, until: null },
      expect: ['CLUSTER_AUTOMATION_PAUSED'],
    },
  ],
}
