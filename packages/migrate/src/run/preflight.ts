import { diagnose, type Diagnostic } from '../diagnostic/diagnostic.ts'
import { transactionControl } from '../grammar/transaction-control.ts'
import { labelOf } from '../source/migration.ts'
import type { Task } from './steps.ts'

/**
 * What forbids a script before anything has run: a COMMIT in a transactional script would end its transaction in the
 * middle, and a crash after it would leave half a migration.
 */
export async function preflight(tasks: readonly Task[]): Promise<readonly Diagnostic[]> {
  const found = await Promise.all(
    tasks
      .filter(({ script }) => script.kind === 'sql' && script.transactional)
      .map(async ({ migration, script }) => {
        const [line] = await transactionControl(script.text)
        if (line === undefined) return []
        const at = line + script.firstLine - 1
        return [
          diagnose('MIGRATE_ENDS_TRANSACTION', {
            detail: `${labelOf(migration)} begins or ends a transaction itself at ${script.file}:${at}; it runs in one already, and what follows would no longer be taken back when it fails`,
            mend: 'remove the statement; savepoints are welcome',
            at: { file: script.file, line: at, version: migration.version },
          }),
        ]
      }),
  )
  return found.flat()
}
