import { open, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { giveTo } from '../../hosts/run-as.ts'
import type { RunAs } from '../../topology/host-facts.ts'
import { namesIn } from './inventory.ts'
import { isAlive, processMark } from './process-mark.ts'
import { isBackupId } from './stored-name.ts'

/**
 * A base backup being written has a file `base/.<id>.<process>.writer` from before its directory exists until its
 * record is written. It says all in its name, so that it is never half there.
 */
const writerPattern = /^\.(\d{8}T\d{6}Z)\.(\d+-[0-9a-f]+)\.writer$/

/** Says that this process writes backup `id`. */
export async function claimBackup(root: string, id: string, owner: RunAs): Promise<void> {
  const path = join(root, 'base', `.${id}.${await processMark()}.writer`)
  await (await open(path, 'a', 0o600)).close()
  await giveTo(path, owner)
}

/** Takes the claims on a backup back, once it is finished or removed. */
export async function releaseBackup(root: string, id: string): Promise<void> {
  for (const name of await namesIn(join(root, 'base'))) {
    if (writerPattern.exec(name)?.[1] === id) await rm(join(root, 'base', name), { force: true })
  }
}

/** Identifiers of backups that have no record, and whether the process that writes them lives. */
export async function unfinishedBackups(
  root: string,
): Promise<{ readonly id: string; readonly live: boolean }[]> {
  const base = join(root, 'base')
  // Directories before claims: a claim is older than its directory, so none is overlooked.
  const ids = new Set((await namesIn(base)).filter(isBackupId))
  const live = new Set<string>()
  for (const name of await namesIn(base)) {
    const [, id, mark] = writerPattern.exec(name) ?? []
    if (id === undefined || mark === undefined) continue
    ids.add(id)
    if (await isAlive(mark)) live.add(id)
  }
  const unfinished: { id: string; live: boolean }[] = []
  for (const id of [...ids].sort()) {
    const finished = (await namesIn(join(base, id))).includes('backup.json')
    if (!finished) unfinished.push({ id, live: live.has(id) })
  }
  return unfinished
}
