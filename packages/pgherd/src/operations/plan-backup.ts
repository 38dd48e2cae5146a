import { needBytes, refuseWithoutSpace } from '../backup/disk-preflight.ts'
import { readArchived } from '../backup/read-archived.ts'
import type { Repository } from '../backup/repository.ts'
import { describeRepository } from '../backup/repository/open-repository.ts'
import { decideRetention } from '../backup/retention.ts'
import { restorableWindows } from '../backup/window.ts'
import { primarySource, standbySource } from './backup-source.ts'
import type { OperationContext } from './context.ts'
import { openRepositoryOf } from './open-repository.ts'
import type { OperationPlan, OperationStep } from './operation-plan.ts'

/**
 * What `runBackup` would do at this moment. Asks the server it would be taken from, and writes nothing. How much room it
 * needs is told by the last backup.
 *
 * @throws DiagnosticError BACKUP_DISK_SHORT, and what connecting to the server and opening the repository throw.
 */
export async function planBackup(context: OperationContext): Promise<OperationPlan> {
  const standby = await standbySource(context)
  const source = standby ?? (await primarySource(context))
  await (await source.connect(context.signal)).close()
  const { repository: root } = context.member.paths
  // opening makes one where there is none
  const repository = (await describeRepository(root)) && (await openRepositoryOf(context))
  const room = repository && (await roomFor(repository, context))
  return {
    operation: 'backup',
    steps: [
      {
        title: `take a base backup of ${source.member} into ${root}`,
        because: [
          standby ? 'asked for; a standby that keeps up spares the primary' : 'asked for',
          room ?? 'there is none yet, so how much room it needs is not known',
        ].join('. '),
        impact: 'nothing',
        member: source.member,
      },
      {
        title: 'wait until the WAL written meanwhile is in the repository',
        because: 'without it the backup could not be restored',
        impact: 'nothing',
      },
      ...(repository ? await removals(repository, context) : []),
    ],
    findings: [],
  }
}

async function roomFor(repository: Repository, { spec }: OperationContext): Promise<string | undefined> {
  const backups = await repository.backups()
  const newest = backups.at(-1)
  if (!newest) return undefined
  const need = needBytes(backups, newest.bytes, spec.backups.compression.algorithm)
  await refuseWithoutSpace(repository.root, need)
  return `There is room for it: about ${Math.ceil(need.bytes / 2 ** 20)} MB, as ${need.because}`
}

async function removals(
  repository: Repository,
  { spec, now }: OperationContext,
): Promise<readonly OperationStep[]> {
  const archived = await readArchived(repository)
  const { removeBackups } = decideRetention({
    ...archived,
    proofs: await repository.proofs(),
    windows: restorableWindows(archived),
    retention: spec.backups.retention,
    now: now(),
  })
  return removeBackups.map((id) => ({
    title: `remove backup ${id}`,
    because: 'newer ones are proven, and backups.retention asks for no more',
    impact: 'nothing',
  }))
}
