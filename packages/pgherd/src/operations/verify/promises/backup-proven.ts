import { proofGapSeconds } from '../../../spec/proof-age.ts'
import { openRepositoryOf } from '../../open-repository.ts'
import { judgeProofs } from '../judge-proofs.ts'
import type { PromiseCheck } from '../promise.ts'

/** The newest backup was restored and checked; without that it is a file, not a backup. */
export const backupProven: PromiseCheck = {
  id: 'backup-proven',
  rows: ['A10', 'E4', 'E7', 'J11', 'P7'],
  promise: 'the newest backup was restored, compared with the live server and passed, or is next to be',
  appliesTo: () => true,
  async measure({ context }) {
    const repository = await openRepositoryOf(context)
    const [backups, proofs] = await Promise.all([repository.backups(), repository.proofs()])
    return judgeProofs({ backups, proofs, gapSeconds: proofGapSeconds(context.spec), now: context.now() })
  },
}
