import { diagnose, mend } from '../diagnostic/diagnostic.ts'
import { text } from './amount.ts'
import type { Check } from './check.ts'

/** Settings that were changed in the files and only take effect after a restart (pg_settings.pending_restart). */
export const pendingRestart: Check<readonly string[]> = {
  id: 'pending-restart',
  about: 'server',
  everySeconds: 60,
  probe: {
    kind: 'sql',
    database: 'postgres',
    text: 'select name from pg_settings where pending_restart order by name limit 50',
    parse: (rows) => rows.map((row) => text(row['name'])),
  },
  judge(names, { member }) {
    if (names.length === 0) return []
    return [
      diagnose('PENDING_RESTART', {
        detail: `${names.join(', ')} on ${member.name} ${names.length === 1 ? 'was' : 'were'} changed and take effect at the next restart: until then the server does not run as configured.`,
        mend: mend.run('pgherd', 'up'),
        at: { member: member.name },
      }),
    ]
  },
  samples: [
    { about: 'none', facts: [], expect: [] },
    { about: 'one', facts: ['shared_buffers'], expect: ['PENDING_RESTART'] },
  ],
}
