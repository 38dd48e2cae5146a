import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { applyRetention } from '../backup/apply-retention.ts'
import type { BackupRecord } from '../backup/catalogue.ts'
import { needBytes, refuseWithoutSpace } from '../backup/disk-preflight.ts'
import { readArchived } from '../backup/read-archived.ts'
import type { Repository } from '../backup/repository.ts'
import { decideRetention } from '../backup/retention.ts'
import { WalCompanion } from '../backup/stream/wal-companion.ts'
import { takeBaseBackup } from '../backup/stream/base-backup.ts'
import { restorableWindows } from '../backup/window.ts'
import type { Diagnostic } from '../diagnostic/diagnostic.ts'
import { giveTo } from '../hosts/run-as.ts'
import { requireLock } from '../hosts/local/lock.ts'
import { fellBack, primarySource, standbySource, type BackupSource } from './backup-source.ts'
import type { OperationContext } from './context.ts'
import { openRepositoryOf } from './open-repository.ts'
import { walArchiving } from './wal-archiving.ts'

export interface BackupResult {
  readonly record: BackupRecord
  readonly findings: readonly Diagnostic[]
}

/**
 * Takes one base backup of a running server, in a cluster of a standby that keeps up if there is one, and removes what retention lets go. Works with and without an
 * agent; the WAL the backup needs is in the repository when this returns.
 *
 * @throws DiagnosticError LOCKED while another backup runs, BACKUP_DISK_SHORT, and what `openRepositoryOf` and
 * `takeBaseBackup` throw. Nothing of a failed backup stays.
 */
export async function runBackup(context: OperationContext): Promise<BackupResult> {
  const { member, spec, facts, report, signal } = context
  const repository = await openRepositoryOf(context)
  const made = await mkdir(member.paths.run, { recursive: true, mode: 0o700 })
  if (made !== undefined) await giveTo(made, facts.runAs)
  using _lock = requireLock(join(member.paths.run, 'backup.lock'), 'pgherd backup')
  const leftovers = await repository.cleanUnfinished()
  if (leftovers.length > 0) report(`removed what an interrupted run left: ${leftovers.join(', ')}`)

  const findings: Diagnostic[] = []
  // WAL written during the backup must reach the archive before the server recycles it.
  await using companion = new WalCompanion(walArchiving(context, repository))
  companion.start()
  const take = ({ member: takenFrom, connect, endOfWal }: BackupSource) =>
    takeBaseBackup({
      connect,
      ...(endOfWal && { endOfWal }),
      repository,
      compression: spec.backups.compression,
      takenFrom,
      signal,
      report,
      now: context.now,
      waitForArchived: (lsn, timeline) => companion.waitForArchived(lsn, timeline, signal),
      onFinding: (finding) => findings.push(finding),
      onSize: async (bytes) => {
        const need = needBytes(await repository.backups(), bytes, spec.backups.compression.algorithm)
        await refuseWithoutSpace(repository.root, need)
      },
    })
  const standby = await standbySource(context)
  const record = standby
    ? await take(standby).catch(async (error: unknown) => {
        signal.throwIfAborted()
        const finding = fellBack(standby, error)
        report(finding.detail)
        findings.push(finding)
        return take(await primarySource(context))
      })
    : await take(await primarySource(context))
  await retain(context, repository)
  return { record, findings }
}

/** Removes the backups and the WAL that retention lets go. Hold the backup lock. */
export async function retain({ spec, now, report }: OperationContext, repository: Repository): Promise<void> {
  const archived = await readArchived(repository)
  const decision = decideRetention({
    ...archived,
    proofs: await repository.proofs(),
    windows: restorableWindows(archived),
    retention: spec.backups.retention,
    now: now(),
  })
  if (decision.removeBackups.length > 0)
    report(`removing ${decision.removeBackups.join(', ')}: newer ones are proven`)
  await applyRetention(repository, decision)
}
