import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { DiagnosticError, diagnose, mend } from '../diagnostic/diagnostic.ts'
import { acquireLock, readHolder } from '../hosts/local/lock.ts'
import type { Member } from '../topology/topology.ts'

/** Lock of the home, in its directory for run files: a drill takes it, and whoever proves a backup. */
export const proofLock = 'proof.lock'

/** What a drill says it does when it takes a lock. */
export const drillPurpose = 'pgherd drill'

/**
 * Keeps drills away while a backup is proven, and proofs while a drill is under way: what a failover does to the live
 * server would look like a bad backup. Two proofs may go on at once. Throws DiagnosticError LOCKED during a drill.
 */
export function lockOutDrills({ paths: { run } }: Member): Disposable {
  mkdirSync(run, { recursive: true, mode: 0o700 })
  const path = join(run, proofLock)
  const lock = acquireLock(path, 'pgherd prove')
  if (lock) return lock
  const holder = readHolder(path)
  if (holder?.purpose !== drillPurpose) return { [Symbol.dispose]: () => undefined }
  throw new DiagnosticError(
    diagnose('LOCKED', {
      detail: `${holder.purpose} (pid ${holder.pid}) is at work since ${holder.since}; what it does to the live server would look like a bad backup`,
      mend: mend.advice('wait until it has ended and run the command again'),
      at: { file: path },
    }),
  )
}
