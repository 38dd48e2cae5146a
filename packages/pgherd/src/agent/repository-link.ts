import type { Repository } from '../backup/repository.ts'
import { readArchived } from '../backup/read-archived.ts'
import { restorableWindows, walGaps } from '../backup/window.ts'
import type { RestorableWindow } from '../backup/catalogue.ts'
import { comparedShare, shortcomings } from '../backup/proof-summary.ts'
import type { CatalogueObservation } from '../checks/observation.ts'
import { DiagnosticError } from '../diagnostic/diagnostic.ts'
import type { Log } from './log.ts'
import type { CatalogueSource } from './sources.ts'

const retryMs = 5000

/**
 * The repository, opened as soon as it can be and kept: opening needs the server (its system
 * identifier) and the key, either of which may be late or lost while the rest of the agent works.
 */
export class RepositoryLink implements CatalogueSource {
  readonly #open: () => Promise<Repository>
  readonly #log: Log
  #repository: Repository | undefined
  #opening: Promise<Repository> | undefined
  #triedAt = -Infinity
  /** Why it is not open; null when it is. */
  problem: string | null = 'not opened yet'
  /** Whether the newest attempt to open it failed. */
  refused = false

  constructor(open: () => Promise<Repository>, log: Log) {
    this.#open = open
    this.#log = log
  }

  /** The open repository; undefined until it could be opened. Tries at most every five seconds. */
  async get(): Promise<Repository | undefined> {
    if (this.#repository) return this.#repository
    if (!this.#opening) {
      if (performance.now() - this.#triedAt < retryMs) return undefined
      this.#triedAt = performance.now()
      this.#opening = this.#open()
    }
    try {
      this.#repository = await this.#opening
      this.problem = null
      this.refused = false
    } catch (error) {
      const finding = error instanceof DiagnosticError ? error.diagnostics[0] : undefined
      const problem = finding?.detail ?? (error instanceof Error ? error.message : String(error))
      this.refused = true
      if (problem !== this.problem)
        this.#log.error(
          { code: finding?.code, mend: finding?.mend },
          `the repository cannot be opened: ${problem}`,
        )
      this.problem = problem
    }
    this.#opening = undefined
    return this.#repository
  }

  async #opened(): Promise<Repository> {
    const repository = await this.get()
    if (repository) return repository
    throw new Error(`the repository is not open: ${this.problem ?? 'unknown reason'}`)
  }

  async read(): Promise<CatalogueObservation> {
    const repository = await this.#opened()
    const [archived, proofs] = await Promise.all([readArchived(repository), repository.proofs()])
    const newest = archived.backups.at(-1)?.id
    return {
      backups: archived.backups.map(({ id, stoppedAt, storedBytes }) => ({ id, stoppedAt, storedBytes })),
      proofs: proofs.map((proof) => ({
        backup: proof.backup,
        verdict: proof.verdict,
        provenAt: proof.provenAt,
        rtoSeconds: proof.rtoSeconds,
        rpoSeconds: proof.rpoSeconds,
        lostCommits: proof.lostCommits,
        comparedShare: comparedShare(proof),
        failed: shortcomings(proof),
      })),
      window: currentWindow(restorableWindows(archived)),
      gaps: walGaps(archived).map(({ missing, affects }) => ({
        missing,
        healed: newest !== undefined && !affects.includes(newest),
      })),
    }
  }

  async backups(): Promise<readonly object[]> {
    return (await (await this.#opened()).backups()).toReversed()
  }

  async proofs(): Promise<readonly object[]> {
    return (await (await this.#opened()).proofs()).toReversed()
  }
}

/**
 * The stretch that ends now: of the windows that lead to the newest moment, the one that begins
 * first. What lies before a gap is still restorable by its own backup, but is no part of it.
 */
function currentWindow(windows: readonly RestorableWindow[]): CatalogueObservation['window'] {
  const newest = Math.max(...windows.map((window) => Date.parse(window.toTime)))
  const reaching = windows.filter((window) => Date.parse(window.toTime) === newest)
  const [first] = reaching.toSorted((a, b) => Date.parse(a.fromTime) - Date.parse(b.fromTime))
  return first ? { from: first.fromTime, to: first.toTime } : null
}
