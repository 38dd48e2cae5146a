import { lstat, readdir } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { KeptDataObservation } from '../checks/observation.ts'

/** Most of them are measured in less: a thousand files take a few hundredths of a second. */
const waitMs = 500

/**
 * Data directories that restores in place have put aside (operations/restore.ts). Nobody writes there, so each is measured
 * once; one that takes a while is measured beside what else is looked at.
 */
export class KeptData {
  readonly #data: string
  readonly #bytes = new Map<string, number>()
  readonly #measuring = new Map<string, Promise<void>>()

  constructor(data: string) {
    this.#data = data
  }

  /** Those that are there now, oldest first; `bytes` is null until it is known. */
  async read(): Promise<readonly KeptDataObservation[]> {
    const directory = dirname(this.#data)
    const names = await readdir(directory).catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return []
      throw error
    })
    const paths = names
      .filter((name) => name.startsWith(`${basename(this.#data)}.before-restore-`))
      .toSorted()
      .map((name) => join(directory, name))
    for (const path of paths) if (!this.#bytes.has(path)) this.#measure(path)
    if (this.#measuring.size > 0)
      await Promise.race([this.measured(), sleep(waitMs, undefined, { ref: false })])
    return paths.map((path) => ({ path, bytes: this.#bytes.get(path) ?? null }))
  }

  /** Resolves when everything that has been seen is measured. */
  async measured(): Promise<void> {
    await Promise.all(this.#measuring.values())
  }

  #measure(path: string): void {
    if (this.#measuring.has(path)) return
    const work = bytesBelow(path)
      .then((bytes) => void this.#bytes.set(path, bytes))
      // it is being removed, or may not be read: the next look tries again
      .catch(() => undefined)
      .finally(() => this.#measuring.delete(path))
    this.#measuring.set(path, work)
  }
}

/** What the files take up on disk; 512 bytes is the unit of st_blocks (stat(2)). */
async function bytesBelow(path: string): Promise<number> {
  let bytes = 0
  for (const entry of await readdir(path, { withFileTypes: true })) {
    const child = join(path, entry.name)
    bytes += entry.isDirectory() ? await bytesBelow(child) : (await lstat(child)).blocks * 512
  }
  return bytes
}
