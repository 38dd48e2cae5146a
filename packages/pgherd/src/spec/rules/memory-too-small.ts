import { mend } from '../../diagnostic/diagnostic.ts'
import { formatPath } from '../path.ts'
import { parseSize } from '../quantities.ts'
import type { SpecRule } from './rule.ts'

/** Below it PostgreSQL with its helpers does not run sensibly, whatever the settings. */
const least = 128 * 2 ** 20
/** A number without a unit in shared_buffers counts blocks of this size (PostgreSQL documentation, "Resource Consumption"). */
const block = 8192

export const memoryTooSmall: SpecRule = {
  id: 'memory-too-small',
  why: 'The server would swap or be killed by the kernel.',
  *examine(spec) {
    const { memory, settings } = spec.postgres
    if (memory === undefined) return
    if (memory < least) {
      yield {
        code: 'SPEC_INVALID',
        detail:
          'postgres.memory is below 128MB; the server would be killed by the kernel before it is of use',
        mend: mend.edit('postgres.memory', '512MB'),
        path: ['postgres', 'memory'],
      }
    }
    for (const [name, value] of Object.entries(settings)) {
      if (name.toLowerCase() !== 'shared_buffers') continue
      const bytes = /^\d+$/.test(value) ? Number(value) * block : parseSize(value)
      if (bytes === undefined || bytes < memory) continue
      yield {
        code: 'SPEC_CONTRADICTION',
        detail: 'shared_buffers takes all of postgres.memory, so nothing is left for sessions',
        mend: mend.advice(
          `remove ${formatPath(['postgres', 'settings', name])} to get a quarter of the memory`,
        ),
        path: ['postgres', 'settings', name],
        involves: [['postgres', 'memory']],
      }
    }
  },
  examples: {
    good: { name: 'a', postgres: { memory: '1GB', settings: { shared_buffers: '256MB' } } },
    bad: [
      { spec: { name: 'a', postgres: { memory: '64MB' } }, at: 'postgres.memory' },
      {
        spec: { name: 'a', postgres: { memory: '1GB', settings: { shared_buffers: '1GB' } } },
        at: 'postgres.settings.shared_buffers',
      },
      {
        spec: { name: 'a', postgres: { memory: '1GB', settings: { shared_buffers: 131072 } } },
        at: 'postgres.settings.shared_buffers',
      },
    ],
  },
}
