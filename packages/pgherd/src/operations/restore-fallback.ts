import { DiagnosticError, diagnose, mend, type Diagnostic } from '../diagnostic/diagnostic.ts'
import type { OperationContext } from './context.ts'
import { prepareRestore, type PreparedRestore, type RestoreRequest } from './restore-plan.ts'

/** What says that a base backup cannot be unpacked. */
const damage: readonly string[] = ['RESTORE_BACKUP_DAMAGED', 'BACKUP_FILE_DAMAGED', 'BACKUP_FILE_MISSING']

/** What was made from a backup that is whole. */
export interface FromSoundBackup<T> {
  readonly built: T
  readonly prepared: PreparedRestore
  /** One finding for each backup that turned out to be damaged. */
  readonly passedOver: readonly Diagnostic[]
}

/**
 * Builds from the backup that was chosen, and where that turns out to be damaged from another one: an older one reaches
 * the same target with more WAL, and nobody in need of his data should have to know that. Throws what building throws
 * when it is something else, or when no other backup reaches the target.
 *
 * @param discard removes what was built of a backup that is damaged
 */
export async function fromSoundBackup<T>(
  context: OperationContext,
  request: RestoreRequest,
  first: PreparedRestore,
  build: (prepared: PreparedRestore) => Promise<T>,
  discard: () => Promise<void>,
): Promise<FromSoundBackup<T>> {
  const passedOver: Diagnostic[] = []
  const except = [...(request.except ?? [])]
  for (let prepared = first; ;) {
    try {
      return { built: await build(prepared), prepared, passedOver }
    } catch (error) {
      const damaged = damageOf(error, prepared.backup.id)
      if (!damaged) throw error
      await discard()
      except.push(prepared.backup.id)
      const other = await prepareRestore(context, { ...request, except }).catch(() => undefined)
      if (!other) throw error
      context.report(`backup ${prepared.backup.id} is damaged: taking ${other.backup.id}`)
      passedOver.push(otherTaken(prepared.backup.id, damaged, other.backup.id))
      prepared = other
    }
  }
}

function damageOf(error: unknown, backup: string): Diagnostic | undefined {
  if (!(error instanceof DiagnosticError)) return undefined
  return error.diagnostics.find(
    ({ code, at }) => damage.includes(code) && at?.file?.includes(`base/${backup}/`) === true,
  )
}

function otherTaken(damaged: string, { at }: Diagnostic, taken: string): Diagnostic {
  return diagnose('RESTORE_OTHER_BACKUP', {
    detail: `backup ${damaged} is damaged; backup ${taken} reaches the same target and was taken instead, from where replay takes longer`,
    mend: mend.run('pgherd', 'backup'),
    ...(at ? { at } : {}),
  })
}
