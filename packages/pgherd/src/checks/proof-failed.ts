import { diagnose, mend } from '../diagnostic/diagnostic.ts'
import type { Check } from './check.ts'
import type { ProofObservation } from './observation.ts'

/** The newest proof decides: a failed proof is a failed backup. */
export const proofFailed: Check<readonly ProofObservation[]> = {
  id: 'proof-failed',
  about: 'backups',
  everySeconds: 60,
  probe: { kind: 'observed', read: (observation) => observation.catalogue?.proofs },
  judge(proofs, { member }) {
    const newest = proofs.toSorted((a, b) => Date.parse(a.provenAt) - Date.parse(b.provenAt)).at(-1)
    if (newest?.verdict !== 'failed') return []
    const why = newest.failed.length === 0 ? 'it could not be restored' : newest.failed.slice(0, 3).join('; ')
    return [
      diagnose('PROOF_FAILED', {
        detail: `Backup ${newest.backup} of ${member.name} failed its proof of ${newest.provenAt}: ${why}. Do not rely on it.`,
        mend: mend.advice(
          'Run `pgherd prove`, which takes a fresh backup and proves it; when that fails too, look at the disk the repository is on.',
        ),
        at: { member: member.name },
      }),
    ]
  },
  samples: [
    { about: 'none yet', facts: [], expect: [] },
    {
      about: 'good',
      facts: [
        {
          backup: 'b',
          verdict: 'proven',
          provenAt: '2026-01-10T03:01:00Z',
          rtoSeconds: 4,
          rpoSeconds: 1,
          lostCommits: null,
          comparedShare: null,
          failed: [],
        },
      ],
      expect: [],
    },
    {
      about: 'failed, then good',
      facts: [
        {
          backup: 'b',
          verdict: 'proven',
          provenAt: '2026-01-10T04:01:00Z',
          rtoSeconds: 4,
          rpoSeconds: 1,
          lostCommits: null,
          comparedShare: null,
          failed: [],
        },
        {
          backup: 'a',
          verdict: 'failed',
          provenAt: '2026-01-10T03:01:00Z',
          rtoSeconds: null,
          rpoSeconds: null,
          lostCommits: null,
          comparedShare: null,
          failed: ['x'],
        },
      ],
      expect: [],
    },
    {
      about: 'failed last',
      facts: [
        {
          backup: 'a',
          verdict: 'failed',
          provenAt: '2026-01-10T03:01:00Z',
          rtoSeconds: null,
          rpoSeconds: null,
          lostCommits: null,
          comparedShare: null,
          failed: ['base.tar.zst.age: damaged'],
        },
      ],
      expect: ['PROOF_FAILED'],
    },
  ],
}
