import { readdir, rm } from 'node:fs/promises'
import { join, relative } from 'node:path'
import { releaseBackup, unfinishedBackups } from './backup-writer.ts'
import { markOfTemporary } from './durable-write.ts'
import { isAlive } from './process-mark.ts'

/**
 * Removes what crashed processes left: temporary files and base backups without a record. What a running
 * process is writing, this one included, stays. Returns the names of what was removed.
 */
export async function cleanUnfinished(root: string): Promise<string[]> {
  const removed: string[] = []
  for (const { id, live } of await unfinishedBackups(root)) {
    if (live) continue
    await rm(join(root, 'base', id), { recursive: true, force: true })
    await releaseBackup(root, id)
    removed.push(`base/${id}`)
  }
  for (const path of await filesBelow(root)) {
    const mark = markOfTemporary(path.slice(path.lastIndexOf('/') + 1))
    if (mark === undefined || (await isAlive(mark))) continue
    await rm(path, { force: true })
    removed.push(relative(root, path))
  }
  return removed
}

/** Every file below a directory, with its whole path. */
export async function filesBelow(root: string): Promise<string[]> {
  const entries = await readdir(root, { recursive: true, withFileTypes: true })
  return entries.filter((entry) => !entry.isDirectory()).map((entry) => join(entry.parentPath, entry.name))
}
