import type { RestorePlan } from '../../operations/restore-plan.ts'
import type { ClusterRestoreResult } from '../../operations/restore-cluster/run-restore.ts'
import type { RestoreResult } from '../../operations/restore.ts'
import type { Output } from '../output.ts'
import { bytesText, secondsText } from './quantities.ts'
import { table } from './table.ts'

/** What a restore is about to do, before anything is touched. */
export function showRestorePlan(plan: RestorePlan, output: Output): void {
  const rows = [
    ['to', plan.target],
    ['from backup', `${plan.backup}, ${bytesText(plan.bytes)}`],
    ['along timeline', String(plan.timeline)],
    ['into', plan.data],
    ...(plan.keptAs === undefined ? [] : [['present data kept as', plan.keptAs]]),
    ['restorable', `${plan.window.fromTime} to ${plan.window.toTime}`],
  ]
  output.line(table(rows, '  '))
  output.findings(plan.warnings)
}

/** What came back, measured. */
export function showRestored(result: RestoreResult, inPlace: boolean, output: Output): void {
  const { paint } = output
  output.line(
    paint.green(
      `Restored in ${secondsText(result.seconds)} to ${result.lsn} on the new timeline ${result.timeline}.`,
    ),
  )
  output.line(
    `  newest commit ${result.time ?? 'none after the backup'}${result.stoppedAtTarget ? '' : '; nothing had been committed between it and the target'}`,
  )
  output.line(`  from backup ${result.backup}; data in ${result.data}`)
  if (result.keptAs !== undefined)
    output.line(`  what was there before is kept in ${result.keptAs}; remove it when you no longer need it`)
  // the others were told with the plan
  output.findings(result.warnings.filter(({ code }) => code === 'RESTORE_OTHER_BACKUP'))
  if (inPlace) {
    output.line(
      `${paint.bold('Next')}  pgherd up (roles and settings as declared) · pgherd backup && pgherd prove`,
    )
  }
}

/** What came back to the members of a cluster, measured. */
export function showClusterRestored(result: ClusterRestoreResult, output: Output): void {
  const { paint } = output
  const { leader, timeline, lsn, seconds, kept, record, time, stoppedAtTarget } = result
  const what = time === undefined ? 'Brought back' : 'Restored'
  output.line(
    paint.green(
      `${what} in ${secondsText(seconds)} to ${lsn}: ${leader} is the primary, on the new timeline ${timeline}.`,
    ),
  )
  if (time !== undefined)
    output.line(
      `  newest commit ${time ?? 'none after the backup'}${stoppedAtTarget === true ? '' : '; nothing had been committed between it and the target'}`,
    )
  if (kept.length > 0) output.line('  what was there before is kept; remove it when you no longer need it:')
  for (const { member, path } of kept) output.line(`    ${member}  ${path}`)
  output.line(`  what etcd knew of it is in ${record}`)
  output.findings(result.findings)
  output.line(
    `${paint.bold('Next')}  pgherd up (roles and settings as declared) · pgherd backup && pgherd prove · pgherd restore --undo (back to before)`,
  )
}
