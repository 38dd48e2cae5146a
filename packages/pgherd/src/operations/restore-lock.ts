import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { requireLock, type Lock } from '../hosts/local/lock.ts'
import { giveTo } from '../hosts/run-as.ts'
import type { OperationContext } from './context.ts'

/**
 * One restore at a time, and no backup meanwhile: its retention could take away what is being restored. `member` is the
 * home. Throws DiagnosticError LOCKED.
 */
export async function lockRestore({
  member,
  facts,
}: Pick<OperationContext, 'member' | 'facts'>): Promise<Disposable> {
  const { run } = member.paths
  if ((await mkdir(run, { recursive: true, mode: 0o700 })) !== undefined) await giveTo(run, facts.runAs)
  const locks: Lock[] = []
  const release = (): void => locks.forEach((lock) => lock.release())
  try {
    for (const name of ['restore.lock', 'backup.lock'])
      locks.push(requireLock(join(run, name), 'pgherd restore'))
  } catch (error) {
    release()
    throw error
  }
  return { [Symbol.dispose]: release }
}
