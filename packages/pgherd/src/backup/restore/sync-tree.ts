import { open, readdir } from 'node:fs/promises'
import { join } from 'node:path'

const atOnce = 8

/** Flushes every file and directory below a directory, and itself, to disk. Links are not followed. */
export async function syncTree(directory: string): Promise<void> {
  const entries = await readdir(directory, { withFileTypes: true, recursive: true })
  const paths = entries
    .filter((entry) => entry.isFile() || entry.isDirectory())
    .map((entry) => join(entry.parentPath, entry.name))
  let next = 0
  const work = async (): Promise<void> => {
    for (let path = paths[next++]; path !== undefined; path = paths[next++]) await syncPath(path)
  }
  await Promise.all(Array.from({ length: atOnce }, work))
  await syncPath(directory)
}

/** fsync of one file or directory. */
export async function syncPath(path: string): Promise<void> {
  const handle = await open(path, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}
