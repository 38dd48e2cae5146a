import { diagnose, mend } from '../../diagnostic/diagnostic.ts'
import type { Limit } from './limit.ts'

/** Commits that were answered stay. */
export const durability: Limit = ({ overrides }) => {
  const value = overrides.get('synchronous_commit')?.toLowerCase()
  if (value === undefined || !['off', 'false', 'no', '0'].includes(value)) return []
  return [
    diagnose('DURABILITY_WEAKENED', {
      detail: `synchronous_commit = ${value} for everybody: commits that were answered are lost in a crash`,
      mend: mend.advice(
        'remove postgres.settings.synchronous_commit, and set it for the roles or transactions that can bear a loss',
      ),
      at: { path: 'postgres.settings.synchronous_commit' },
    }),
  ]
}
