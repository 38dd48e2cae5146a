import { DiagnosticError, diagnose, mend } from '../diagnostic/diagnostic.ts'
import type { BackupRecord, ProofRecord } from '../backup/catalogue.ts'
import { LiveServer } from '../backup/proof/live-server.ts'
import { runProof } from '../backup/proof/run-proof.ts'
import type { OperationContext } from './context.ts'
import { liveAddress } from './live-address.ts'
import { openRepositoryOf } from './open-repository.ts'
import { lockOutDrills } from './proof-lock.ts'
import { renderedPreload } from './rendered-preload.ts'

/**
 * Proves a backup by restoring it into a throwaway server and comparing it with the live one; the newest backup
 * unless one is named. The result is kept in the repository, whether it is good or not. A drill proves while it keeps
 * everybody else from proving (`duringDrill`).
 *
 * @throws DiagnosticError LOCKED, PROOF_NO_BACKUP, RESTORE_NO_SPACE, RESTORE_OTHER_CLUSTER, and what opening the repository throws.
 */
export async function proveBackup(
  context: OperationContext,
  options: { readonly backup?: string; readonly duringDrill?: boolean } = {},
): Promise<ProofRecord> {
  const { spec, member, facts, signal, report, now } = context
  const repository = await openRepositoryOf(context)
  using _lock = options.duringDrill === true ? null : lockOutDrills(member)
  const backup = chooseBackup(await repository.backups(), options.backup)
  const address = await liveAddress(context)
  await using live = address && (await LiveServer.reach(address))
  return await runProof({
    repository,
    backup,
    live,
    liveData: member.paths.data,
    scratch: member.paths.scratch,
    postgres: facts.postgres,
    runAs: facts.runAs,
    invoker: facts.invoker,
    preload: live?.preload ?? (await renderedPreload(context)),
    budgetSeconds: spec.backups.proof.budget,
    userChecks: spec.backups.proof.checks,
    signal,
    report,
    now,
  })
}

/** The backup that is named, or the newest. Pure. Throws DiagnosticError PROOF_NO_BACKUP. */
export function chooseBackup(backups: readonly BackupRecord[], id: string | undefined): BackupRecord {
  const backup = id === undefined ? backups.at(-1) : backups.find((each) => each.id === id)
  if (backup) return backup
  throw new DiagnosticError(
    diagnose('PROOF_NO_BACKUP', {
      detail:
        id === undefined
          ? 'the repository holds no finished backup, so nothing can be proven restorable'
          : `the repository holds no finished backup ${JSON.stringify(id)}; it has ${backups.map((each) => each.id).join(', ') || 'none'}`,
      mend: mend.run('pgherd', 'backup'),
    }),
  )
}
