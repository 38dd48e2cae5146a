import { mend } from '../../diagnostic/diagnostic.ts'
import { formatPath } from '../path.ts'
import type { SpecRule } from './rule.ts'

export const connectionsCut: SpecRule = {
  id: 'connections-cut',
  why: 'The server would refuse sessions the spec promises to the applications.',
  *examine(spec) {
    const { connections, settings } = spec.postgres
    for (const [name, value] of Object.entries(settings)) {
      if (name.toLowerCase() !== 'max_connections' || !(Number(value) <= connections)) continue
      yield {
        code: 'SPEC_CONTRADICTION',
        detail: `max_connections is ${String(Number(value))}, but postgres.connections promises ${String(connections)} sessions to the applications, and administrators and pgherd need some on top`,
        mend: mend.advice(
          `remove ${formatPath(['postgres', 'settings', name])}: it is computed from postgres.connections`,
        ),
        path: ['postgres', 'settings', name],
        involves: [['postgres', 'connections']],
      }
    }
  },
  examples: {
    good: { name: 'a', postgres: { connections: 60, settings: { max_connections: 80 } } },
    bad: [
      {
        spec: { name: 'a', postgres: { connections: 60, settings: { max_connections: 60 } } },
        at: 'postgres.settings.max_connections',
      },
      {
        spec: { name: 'a', postgres: { settings: { MAX_CONNECTIONS: '20' } } },
        at: 'postgres.settings.MAX_CONNECTIONS',
      },
    ],
  },
}
