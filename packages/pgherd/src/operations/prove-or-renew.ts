import type { BackupRecord, ProofRecord } from '../backup/catalogue.ts'
import { DiagnosticError } from '../diagnostic/diagnostic.ts'
import { runBackup } from './backup.ts'
import type { OperationContext } from './context.ts'
import { openRepositoryOf } from './open-repository.ts'
import { proveBackup } from './prove.ts'

export interface ProvedOrRenewed {
  /** The proof that was asked for. */
  readonly proof: ProofRecord
  /** The proof of the fresh backup that was taken because the other one failed. */
  readonly renewed?: ProofRecord
  /** Why there is no fresh backup although one is needed. */
  readonly notRenewed?: string
}

export interface ProveOptions {
  /** The newest one when left out. */
  readonly backup?: string
  /** Takes a backup when there is none, instead of throwing PROOF_NO_BACKUP. */
  readonly takeFirst?: boolean
}

/**
 * Proves a backup. A failed proof is a failed backup, so when the newest one fails, a fresh one is taken and proven, once;
 * and one that has failed before is not tried again but replaced at once. An older backup that is named is only proven.
 * Throws what `proveBackup` throws, and for a first or an overdue backup what `runBackup` throws.
 */
export async function proveOrRenew(
  context: OperationContext,
  { backup, takeFirst = false }: ProveOptions = {},
): Promise<ProvedOrRenewed> {
  const repository = await openRepositoryOf(context)
  const backups = await repository.backups()
  if (backup === undefined) {
    const standing = standingOf(backups, await repository.proofs())
    if (standing === 'failed' || (standing === 'none' && takeFirst)) {
      context.report(
        standing === 'none'
          ? 'taking a first backup'
          : 'the newest backup failed its proof: taking a fresh one',
      )
      await runBackup(context)
      return { proof: await proveBackup(context) }
    }
  }
  const proof = await proveBackup(context, backup === undefined ? {} : { backup })
  if (proof.verdict !== 'failed' || proof.backup !== (await repository.backups()).at(-1)?.id) return { proof }
  context.report('it failed: taking a fresh backup')
  try {
    await runBackup(context)
    return { proof, renewed: await proveBackup(context) }
  } catch (error) {
    context.signal.throwIfAborted()
    return { proof, notRenewed: inWords(error) }
  }
}

/** What is known of the newest backup. Pure. */
export function standingOf(
  backups: readonly Pick<BackupRecord, 'id'>[],
  proofs: readonly Pick<ProofRecord, 'backup' | 'verdict'>[],
): ProofRecord['verdict'] | 'unproven' | 'none' {
  const newest = backups.at(-1)
  if (!newest) return 'none'
  return proofs.findLast(({ backup }) => backup === newest.id)?.verdict ?? 'unproven'
}

function inWords(error: unknown): string {
  if (error instanceof DiagnosticError) return error.diagnostics.map(({ detail }) => detail).join('; ')
  return error instanceof Error ? error.message : String(error)
}
