import { closeSync, existsSync, openSync, readSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import {
  ageOf,
  commandNameOf,
  processesIn,
  runs,
  type ProcessIdentity,
} from '../hosts/local/process-identity.ts'
import { findPostmaster, startDiffers } from '../hosts/local/supervisor/postmaster-file.ts'
import type { FenceState } from './decide.ts'

/** An immediate shutdown takes milliseconds; a server that needs longer is frozen or overloaded. */
const quitPatienceMs = 500
/** How long a killed process may take to leave the kernel before that is reported. */
const killPatienceMs = 10_000

/** The server of one data directory. */
export class LocalServer {
  readonly #data: string
  /** Kept, because a data directory that was removed under a server no longer tells of it. */
  #postmaster: ProcessIdentity | undefined
  #last: FenceState['server'] = 'stopped'

  constructor(data: string) {
    this.#data = data
  }

  /**
   * Whether it runs, and as what. A server that was started without a signal file, or has removed it at the end of its
   * recovery, can accept writes (StartupXLOG in src/backend/access/transam/xlog.c). A file that is put there later changes
   * nothing before the next start: then pg_control tells, where a server that has been up for a while and does not recover
   * stands as in production. Asks the file system and not the server, which may be frozen.
   */
  look(): FenceState['server'] {
    const data = this.#data
    const found = existsSync(data) ? findPostmaster(data)?.process : undefined
    if (found) {
      this.#postmaster = found
      const recovers = existsSync(`${data}/standby.signal`) || existsSync(`${data}/recovery.signal`)
      this.#last = recovers && !(isSettled(found) && isInProduction(data)) ? 'standby' : 'primary'
    } else if (!this.#postmaster || !runs(this.#postmaster)) {
      this.#postmaster = undefined
      this.#last = 'stopped'
    }
    return this.#last
  }

  /**
   * Whether this Patroni takes it for another program: it was started after the server, so that it only has the file to know
   * it by, and by today's clock the server began at another time than stands there.
   */
  isUnrecognisedBy(patroni: ProcessIdentity | undefined): boolean {
    if (!this.#postmaster || !patroni) return false
    const [server, other] = [ageOf(this.#postmaster.pid), ageOf(patroni.pid)]
    if (server === undefined || other === undefined || other > server) return false
    return startDiffers(this.#data, this.#postmaster.pid)
  }

  /**
   * Stops it at once: an immediate shutdown, and after half a second SIGKILL for every process of it. Gives the process
   * ids that are still there, which then wait in the kernel, most likely for a disk.
   */
  async stop(): Promise<readonly number[]> {
    this.look()
    const postmaster = this.#postmaster
    if (postmaster) signal(postmaster, 'SIGQUIT')
    // a stopped process notices nothing else
    for (const each of serverProcesses(this.#data)) signal(each, 'SIGCONT')
    if (await this.#gone(quitPatienceMs)) return []
    for (const until = performance.now() + killPatienceMs; performance.now() < until;) {
      // the postmaster first: it would start children anew
      if (postmaster) signal(postmaster, 'SIGKILL')
      for (const each of serverProcesses(this.#data)) signal(each, 'SIGKILL')
      if (await this.#gone(50)) return []
    }
    return serverProcesses(this.#data).map(({ pid }) => pid)
  }

  async #gone(patienceMs: number): Promise<boolean> {
    for (const until = performance.now() + patienceMs; ; await sleep(20)) {
      const postmaster = this.#postmaster !== undefined && runs(this.#postmaster)
      if (!postmaster && serverProcesses(this.#data).length === 0) return true
      if (performance.now() >= until) return false
    }
  }
}

/** Started long enough ago, in seconds, to have written into pg_control that it recovers. */
const settledAfter = 15

function isSettled({ pid }: ProcessIdentity): boolean {
  const age = ageOf(pid)
  return age !== undefined && age > settledAfter
}

/** DBState in src/include/catalog/pg_control.h: where it stands in the file, and what stands for "in production". */
const stateAt = 16
const inProduction = 6

function isInProduction(data: string): boolean {
  try {
    const file = openSync(`${data}/global/pg_control`, 'r')
    try {
      const state = Buffer.alloc(4)
      return readSync(file, state, 0, 4, stateAt) === 4 && state.readUInt32LE() === inProduction
    } finally {
      closeSync(file)
    }
  } catch {
    return false
  }
}

/** Every process of PostgreSQL works in its data directory, and keeps its name whatever its title says. */
export function serverProcesses(data: string): ProcessIdentity[] {
  return processesIn(data).filter(({ pid }) => commandNameOf(pid) === 'postgres')
}

/** Signals exactly this process. */
export function signal(target: ProcessIdentity, name: NodeJS.Signals): void {
  if (!runs(target)) return
  try {
    process.kill(target.pid, name)
  } catch (error) {
    // it ended between the look and the signal
    if (!(error instanceof Error && 'code' in error && error.code === 'ESRCH')) throw error
  }
}

/** True when it runs under this id with this start. */
export function same(one: ProcessIdentity | undefined, other: ProcessIdentity | undefined): boolean {
  return one?.pid === other?.pid && one?.started === other?.started
}
