import { access, readFile, rename, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { DiagnosticError, diagnose, mend } from '../../diagnostic/diagnostic.ts'
import { writeWholeFile } from '../../hosts/whole-file.ts'
import type { RunAs } from '../../topology/host-facts.ts'
import { stopOrphan } from './scratch.ts'
import { syncPath } from './sync-tree.ts'

/**
 * What a restore in place is about to do. `building`: the new data directory is not finished and the live one untouched.
 * `swapping`: the new one is finished and on disk, the server is stopped, and the two are being exchanged.
 */
export interface SwapState {
  readonly step: 'building' | 'swapping'
  readonly data: string
  /** The new data directory, beside the old one: exchanging them is renaming them. */
  readonly building: string
  /** Where the old data directory is kept. */
  readonly kept: string
  /** Directories of tablespaces made for the new one. */
  readonly tablespaces: readonly string[]
  readonly startedAt: string
}

export type Resumed = 'nothing' | 'rolled-back' | 'finished'

/** The record that lets an interrupted restore in place be finished or undone. */
export class SwapJournal {
  readonly #path: string
  readonly #runAs: RunAs

  constructor(runDirectory: string, runAs: RunAs) {
    this.#path = join(runDirectory, 'restore.json')
    this.#runAs = runAs
  }

  write(state: SwapState): void {
    writeWholeFile(this.#path, `${JSON.stringify(state)}\n`, { mode: 0o600, owner: this.#runAs })
  }

  async read(): Promise<SwapState | undefined> {
    const text = await readFile(this.#path, 'utf8').catch(() => undefined)
    return text === undefined ? undefined : (JSON.parse(text) as SwapState)
  }

  async clear(): Promise<void> {
    await rm(this.#path, { force: true })
    await syncPath(dirname(this.#path))
  }
}

/**
 * Exchanges the data directories; the server must be stopped. Each step is one rename within a directory, and what has
 * been done can be seen from what is there, so that this can be called again after a crash at any point.
 * Throws DiagnosticError RESTORE_UNFINISHED when neither directory is where it should be.
 */
export async function exchange({ data, building, kept }: SwapState): Promise<void> {
  if (await exists(building)) {
    if (await exists(data)) {
      if (await exists(kept)) throw unfinished(`${data}, ${building} and ${kept} are all there`)
      await rename(data, kept)
      await syncPath(dirname(data))
    }
    await rename(building, data)
    await syncPath(dirname(data))
  }
  if (!(await exists(data))) throw unfinished(`neither ${building} nor ${data} is there`)
}

/** Takes away what was built so far. The live data directory has not been touched. */
export async function abandon(state: SwapState): Promise<void> {
  await stopOrphan(state.building)
  for (const path of [state.building, ...state.tablespaces])
    await rm(path, { recursive: true, force: true, maxRetries: 3 })
}

/** Finishes or undoes a restore in place that was interrupted. Hold the restore lock; the server must not be running. */
export async function resumeSwap(journal: SwapJournal): Promise<Resumed> {
  const state = await journal.read()
  if (!state) return 'nothing'
  if (state.step === 'building') {
    await abandon(state)
    await journal.clear()
    return 'rolled-back'
  }
  if (await isServing(state.data))
    throw unfinished(`a server is running on ${state.data}, which a restore was about to replace`)
  await exchange(state)
  await journal.clear()
  return 'finished'
}

async function isServing(data: string): Promise<boolean> {
  const text = await readFile(join(data, 'postmaster.pid'), 'utf8').catch(() => '')
  const pid = Number(text.split('\n')[0])
  if (!Number.isInteger(pid) || pid < 2) return false
  const argv = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')
  return argv.split('\0').some((argument) => argument.includes(data))
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  )
}

function unfinished(detail: string): DiagnosticError {
  return new DiagnosticError(
    diagnose('RESTORE_UNFINISHED', {
      detail: `an interrupted restore cannot be finished: ${detail}. Nothing was changed`,
      mend: mend.advice(
        'stop the server with "pgherd down" and run "pgherd up"; no data directory has been deleted',
      ),
    }),
  )
}
