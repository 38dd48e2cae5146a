import { mend } from '../../diagnostic/diagnostic.ts'
import { shown } from '../shown.ts'
import type { SpecFinding } from '../finding.ts'
import type { SpecRule } from './rule.ts'

export const proofCheck: SpecRule = {
  id: 'proof-check',
  why: 'A report could not say which check failed, or no time would be left to compare anything.',
  *examine(spec): Iterable<SpecFinding> {
    const seen = new Set<string>()
    for (const [index, { name }] of spec.backups.proof.checks.entries()) {
      if (seen.has(name)) {
        yield {
          code: 'SPEC_CONTRADICTION',
          detail: `two checks of backups.proof are named ${shown(name)}; a report could not say which one failed`,
          mend: mend.advice('give each check a name of its own'),
          path: ['backups', 'proof', 'checks', String(index), 'name'],
        }
      }
      seen.add(name)
    }
    if (spec.backups.proof.budget === 0) {
      yield {
        code: 'SPEC_CONTRADICTION',
        detail: 'backups.proof.budget is 0, so a proof would compare nothing and prove nothing',
        mend: mend.edit('backups.proof.budget', '60s'),
        path: ['backups', 'proof', 'budget'],
      }
    }
  },
  examples: {
    good: {
      name: 'a',
      databases: { d: { owner: 'o' } },
      roles: { o: { access: 'owner' } },
      backups: { proof: { checks: [{ name: 'c', database: 'd', sql: 'select true' }] } },
    },
    bad: [
      {
        spec: {
          name: 'a',
          databases: { d: { owner: 'o' } },
          roles: { o: { access: 'owner' } },
          backups: {
            proof: { checks: ['1', '2'].map((one) => ({ name: 'c', database: 'd', sql: `select ${one}` })) },
          },
        },
        at: 'backups.proof.checks.1.name',
      },
      { spec: { name: 'a', backups: { proof: { budget: '0s' } } }, at: 'backups.proof.budget' },
    ],
  },
}
