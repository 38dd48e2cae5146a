import { diagnose, mend } from '../diagnostic/diagnostic.ts'
import { meetsRpo } from '../spec/rpo.ts'
import { seconds } from './amount.ts'
import type { Check } from './check.ts'
import type { ProofObservation } from './observation.ts'

const proof: ProofObservation = {
  backup: 'b',
  verdict: 'proven',
  provenAt: '2026-01-10T03:01:00Z',
  rtoSeconds: 40,
  rpoSeconds: 1,
  lostCommits: 0,
  comparedShare: 1,
  failed: [],
}

const lossless = { synchronous: true, objectives: { rpo: '0s' } } as const

function lossInWords({ rpoSeconds, lostCommits }: ProofObservation, rpo: number): string {
  if (rpo === 0) return `${lostCommits ?? 0} acknowledged commits lost instead of none`
  return `RPO ${seconds(rpoSeconds ?? 0)} instead of ${seconds(rpo)}`
}

/** Measured RTO and RPO of the newest good proof against `backups.objectives`. */
export const proofMissesObjective: Check<readonly ProofObservation[]> = {
  id: 'proof-misses-objective',
  about: 'backups',
  everySeconds: 60,
  probe: { kind: 'observed', read: (observation) => observation.catalogue?.proofs },
  judge(proofs, { spec, member }) {
    const newest = proofs
      .filter(({ verdict }) => verdict === 'proven')
      .toSorted((a, b) => Date.parse(a.provenAt) - Date.parse(b.provenAt))
      .at(-1)
    if (!newest) return []
    const { rpo, rto } = spec.backups.objectives
    const missed = [
      ...(newest.rtoSeconds !== null && newest.rtoSeconds > rto
        ? [`RTO ${seconds(newest.rtoSeconds)} instead of ${seconds(rto)}`]
        : []),
      ...(meetsRpo(newest, rpo) === false ? [lossInWords(newest, rpo)] : []),
    ]
    if (missed.length === 0) return []
    return [
      diagnose('PROOF_MISSES_OBJECTIVE', {
        detail: `The proof of backup ${newest.backup} of ${member.name} measured ${missed.join(' and ')}: a disaster now would cost more than was promised.`,
        mend: mend.advice(
          'Take backups more often (backups.schedule) for a shorter replay, use a faster disk, or change backups.objectives.',
        ),
        at: { member: member.name, path: 'backups.objectives' },
      }),
    ]
  },
  samples: [
    { about: 'within', facts: [proof], expect: [] },
    { about: 'too slow', facts: [{ ...proof, rtoSeconds: 3601 }], expect: ['PROOF_MISSES_OBJECTIVE'] },
    { about: 'too much lost', facts: [{ ...proof, rpoSeconds: 61 }], expect: ['PROOF_MISSES_OBJECTIVE'] },
    { about: 'not measured', facts: [{ ...proof, rtoSeconds: null, rpoSeconds: null }], expect: [] },
    {
      about: 'an RPO of 0 with every acknowledged commit there, though the newest was a moment old',
      spec: { backups: lossless },
      facts: [{ ...proof, rpoSeconds: 0.02, lostCommits: 0 }],
      expect: [],
    },
    {
      about: 'an RPO of 0 and one acknowledged commit lost',
      spec: { backups: lossless },
      facts: [{ ...proof, rpoSeconds: 0.02, lostCommits: 1 }],
      expect: ['PROOF_MISSES_OBJECTIVE'],
    },
  ],
}
