import { diagnose, mend } from '../diagnostic/diagnostic.ts'
import { oldestProofSeconds } from '../spec/proof-age.ts'
import { seconds } from './amount.ts'
import type { Check } from './check.ts'
import type { CatalogueObservation, ProofObservation } from './observation.ts'

const proof: ProofObservation = {
  backup: 'b',
  verdict: 'proven',
  provenAt: '2026-01-10T03:01:00Z',
  rtoSeconds: 4,
  rpoSeconds: 1,
  lostCommits: 0,
  comparedShare: 1,
  failed: [],
}

const proven: CatalogueObservation = {
  backups: [{ id: 'b', stoppedAt: '2026-01-10T01:30:00Z', storedBytes: 1 }],
  proofs: [proof],
  window: null,
  gaps: [],
}

/** By the schedule of the spec. A backup counts when it has been restored and checked; an old proof proves nothing about today's backups. */
export const proofTooOld: Check<CatalogueObservation> = {
  id: 'proof-too-old',
  about: 'backups',
  everySeconds: 60,
  probe: { kind: 'observed', read: (observation) => observation.catalogue ?? undefined },
  judge({ backups, proofs }, { spec, member, now }) {
    if (backups.length === 0) return []
    const at = { member: member.name, path: 'backups.proof.schedule' }
    const newest = proofs
      .filter(({ verdict }) => verdict === 'proven')
      .reduce((latest, each) => Math.max(latest, Date.parse(each.provenAt)), -Infinity)
    if (newest === -Infinity)
      return [
        diagnose('PROOF_MISSING', {
          detail: `No backup of ${member.name} has ever been restored and checked, so none can be relied on.`,
          mend: mend.run('pgherd', 'prove'),
          at,
        }),
      ]
    const age = (now.getTime() - newest) / 1000
    const oldest = oldestProofSeconds(spec)
    if (age <= oldest) return []
    return [
      diagnose('PROOF_TOO_OLD', {
        detail: `The last successful proof of a backup of ${member.name} is ${seconds(age)} old, alert at ${seconds(oldest)}.`,
        mend: mend.run('pgherd', 'prove'),
        at,
      }),
    ]
  },
  samples: [
    {
      about: 'no backup is another finding',
      facts: { backups: [], proofs: [], window: null, gaps: [] },
      expect: [],
    },
    { about: 'never proven', facts: { ...proven, proofs: [] }, expect: ['PROOF_MISSING'] },
    { about: 'proven last night', facts: proven, expect: [] },
    {
      about: 'proven six days ago, by a weekly schedule',
      spec: { backups: { proof: { schedule: '0 3 * * 0' } } },
      facts: { ...proven, proofs: [{ ...proof, provenAt: '2026-01-04T03:01:00Z' }] },
      expect: [],
    },
    {
      about: 'a weekly proof that is two days late',
      spec: { backups: { proof: { schedule: '0 3 * * 0' } } },
      facts: { ...proven, proofs: [{ ...proof, provenAt: '2026-01-01T03:01:00Z' }] },
      expect: ['PROOF_TOO_OLD'],
    },
    {
      about: 'one that compared nothing does not count',
      facts: { ...proven, proofs: [{ ...proof, verdict: 'restorable', comparedShare: null }] },
      expect: ['PROOF_MISSING'],
    },
    {
      about: 'a failed proof does not count',
      facts: {
        ...proven,
        proofs: [
          { ...proof, provenAt: '2026-01-05T03:01:00Z' },
          { ...proof, verdict: 'failed' },
        ],
      },
      expect: ['PROOF_TOO_OLD'],
    },
  ],
}
