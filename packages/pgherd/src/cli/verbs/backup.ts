import { readArchived } from '../../backup/read-archived.ts'
import { restorableWindows, walGaps } from '../../backup/window.ts'
import { exitCodes } from '../../diagnostic/diagnostic.ts'
import { runBackup } from '../../operations/backup.ts'
import { planBackup } from '../../operations/plan-backup.ts'
import { openRepositoryOf } from '../../operations/open-repository.ts'
import type { OperationContext } from '../../operations/context.ts'
import type { Verb } from '../command.ts'
import type { Output } from '../output.ts'
import { openSession } from '../session.ts'
import { showBackups } from '../views/backups.ts'
import { endDryRun } from '../views/cluster-operation.ts'
import { bytesText, secondsText } from '../views/quantities.ts'
import { hanging } from '../views/wrap.ts'

export const run: Verb = async (invocation) => {
  const { globals, options, output } = invocation
  const session = await openSession(globals, { savedSpec: true })
  const context = session.context(invocation)
  if (options['list'] === true) return await list(context, output)
  if (options['dryRun'] === true) return endDryRun(await planBackup(context), output)
  const { record, findings } = await runBackup(context)
  const figures = `${bytesText(record.bytes)} in ${secondsText(record.seconds)}, ${bytesText(record.storedBytes)} stored in ${session.member.paths.repository}`
  output.line(hanging('', `Backup ${record.id}: ${figures}`, output.width))
  output.line(output.paint.dim('It counts when it has been restored: pgherd prove'))
  output.findings(findings)
  output.document({ ok: true, backup: record, findings })
  return exitCodes.done
}

async function list(context: OperationContext, output: Output): Promise<number> {
  const repository = await openRepositoryOf(context)
  const archived = await readArchived(repository)
  const inventory = {
    backups: archived.backups,
    proofs: await repository.proofs(),
    windows: restorableWindows(archived),
    gaps: walGaps(archived),
  }
  output.document(inventory)
  showBackups(inventory, output)
  return inventory.gaps.length > 0 ? exitCodes.findings : exitCodes.done
}
