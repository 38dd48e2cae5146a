import { diagnose, mend } from '../diagnostic/diagnostic.ts'
import type { Check } from './check.ts'
import type { ProofObservation } from './observation.ts'

const sample: ProofObservation = {
  backup: 'b',
  verdict: 'proven',
  provenAt: '2026-01-10T03:01:00Z',
  rtoSeconds: 4,
  rpoSeconds: 1,
  lostCommits: 0,
  comparedShare: 1,
  failed: [],
}

/** A backup that restores is good to have; without comparing, nobody knows whether it holds what it should. */
export const proofIncomplete: Check<readonly ProofObservation[]> = {
  id: 'proof-incomplete',
  about: 'backups',
  everySeconds: 60,
  probe: { kind: 'observed', read: (observation) => observation.catalogue?.proofs },
  judge(proofs, { member }) {
    const newest = proofs.toSorted((a, b) => Date.parse(a.provenAt) - Date.parse(b.provenAt)).at(-1)
    if (newest?.verdict !== 'restorable') return []
    const why = newest.failed.length === 0 ? 'it is not known what was compared' : newest.failed.join('; ')
    return [
      diagnose('PROOF_INCOMPLETE', {
        detail: `Backup ${newest.backup} of ${member.name} restores, but its proof of ${newest.provenAt} could not check everything: ${why}.`,
        mend: mend.run('pgherd', 'prove'),
        at: { member: member.name },
      }),
    ]
  },
  samples: [
    { about: 'none yet', facts: [], expect: [] },
    { about: 'a full proof', facts: [sample], expect: [] },
    { about: 'a failed one is another finding', facts: [{ ...sample, verdict: 'failed' }], expect: [] },
    {
      about: 'while the live server was down',
      facts: [
        sample,
        {
          ...sample,
          verdict: 'restorable',
          provenAt: '2026-01-10T04:01:00Z',
          comparedShare: null,
          failed: ['contents not compared: the live server is down'],
        },
      ],
      expect: ['PROOF_INCOMPLETE'],
    },
    {
      about: 'from before proofs said what they compared',
      facts: [{ ...sample, verdict: 'restorable', comparedShare: null }],
      expect: ['PROOF_INCOMPLETE'],
    },
  ],
}
