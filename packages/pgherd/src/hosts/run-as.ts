import { chown } from 'node:fs/promises'
import type { RunAs } from '../topology/host-facts.ts'

/** PostgreSQL refuses to run as root: as root every server program is started as the run-as user. */
export function spawnIdentity(runAs: RunAs): { uid?: number; gid?: number } {
  return process.getuid?.() === 0 ? { uid: runAs.uid, gid: runAs.gid } : {}
}

/** Hands a path that root just made to the run-as user; does nothing when pgherd does not run as root. */
export async function giveTo(path: string, runAs: Pick<RunAs, 'uid' | 'gid'>): Promise<void> {
  if (process.getuid?.() === 0) await chown(path, runAs.uid, runAs.gid)
}
