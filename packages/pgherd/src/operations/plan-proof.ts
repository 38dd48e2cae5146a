import { describeRepository } from '../backup/repository/open-repository.ts'
import { refuseWithoutRoom } from '../backup/restore/scratch.ts'
import type { OperationContext } from './context.ts'
import { openRepositoryOf } from './open-repository.ts'
import type { OperationPlan } from './operation-plan.ts'
import { standingOf } from './prove-or-renew.ts'
import { chooseBackup } from './prove.ts'

/**
 * What `proveOrRenew` would do at this moment; writes nothing.
 *
 * @param id the backup, the newest one when left out
 * @throws DiagnosticError PROOF_NO_BACKUP, RESTORE_NO_SPACE, and what opening the repository throws.
 */
export async function planProof(context: OperationContext, id: string | undefined): Promise<OperationPlan> {
  const { member, spec } = context
  // opening makes one where there is none
  const repository = (await describeRepository(member.paths.repository)) && (await openRepositoryOf(context))
  const backups = (await repository?.backups()) ?? []
  const chosen = chooseBackup(backups, id)
  const renew = id === undefined && standingOf(backups, (await repository?.proofs()) ?? []) === 'failed'
  await refuseWithoutRoom(member.paths.scratch, chosen.bytes)
  const backup = renew ? 'the fresh backup' : `backup ${chosen.id}`
  const checks = spec.backups.proof.checks.length
  return {
    operation: 'prove',
    steps: [
      ...(renew
        ? [
            {
              title: 'take a fresh backup',
              because: `${chosen.id} failed its proof, and a failed proof is a failed backup`,
              impact: 'nothing' as const,
            },
          ]
        : []),
      {
        title: `restore ${backup} into a throwaway server below ${member.paths.scratch}`,
        because: 'only a backup that was restored is known to be one; this is the measured RTO',
        impact: 'nothing',
      },
      {
        title: 'replay the WAL archived up to now',
        because: 'the newest commit that comes back is the measured RPO',
        impact: 'nothing',
      },
      {
        title: `check the manifest, heap and B-tree (amcheck), read every table, and compare contents with the live server${checks === 0 ? '' : `; ask the ${checks} check(s) of the spec`}`,
        because: `what cannot be read or differs is found now and not on the day it is needed; at most ${spec.backups.proof.budget} s`,
        impact: 'nothing',
      },
      {
        title: 'remove the throwaway server',
        because: 'it was made for this; the backup and the live server stay as they are',
        impact: 'nothing',
      },
    ],
    findings: [],
  }
}
