import { setTimeout as sleep } from 'node:timers/promises'
import { DiagnosticError, diagnose, mend } from '../../../diagnostic/diagnostic.ts'
import type { Member } from '../../../topology/topology.ts'
import {
  argumentsOf,
  commandNameOf,
  identify,
  isStopped,
  processesIn,
  runs,
  withDescendants,
} from '../process-identity.ts'
import { findPostmaster } from '../supervisor/postmaster-file.ts'
import { SupervisorClient } from '../supervisor/supervisor-client.ts'
import type { SupervisorPaths } from '../supervisor/supervisor-paths.ts'
import { readRecords } from '../supervisor/unit-record.ts'

export type Part = 'postgres' | 'replay' | 'patroni' | 'etcd'

/** The processes of one member on this machine. */
export class MemberProcesses {
  readonly #member: Member
  readonly #own: SupervisorPaths

  constructor(member: Member, own: SupervisorPaths) {
    this.#member = member
    this.#own = own
  }

  /** The supervisor; undefined when none answers. */
  async supervisor(): Promise<number | undefined> {
    return (await new SupervisorClient(this.#own.socket).status())?.pid
  }

  /** Everything that runs for the member but its supervisor: the units, what they started, and all of PostgreSQL. */
  all(): number[] {
    const units = Object.values(readRecords(this.#own.record)).flatMap(({ process }) =>
      process && runs(process) ? [process.pid] : [],
    )
    // Patroni starts the server so that it is nobody's child
    const server = processesIn(this.#member.paths.data).map(({ pid }) => pid)
    return withDescendants([...units, ...server])
  }

  /** All processes of one part; empty when it does not run. */
  of(part: Part): number[] {
    const server = processesIn(this.#member.paths.data)
      .map(({ pid }) => pid)
      .filter((pid) => commandNameOf(pid) === 'postgres')
    if (part === 'postgres') return server
    if (part === 'replay') return server.filter(replays)
    const main = this.#unit(part)
    return main === undefined ? [] : withDescendants([main]).filter((pid) => !server.includes(pid))
  }

  /** The main process of a part. Throws DiagnosticError FAULT_WITHOUT_PROCESS when it does not run. */
  mainOf(part: Part): number {
    const { data } = this.#member.paths
    const found =
      part === 'postgres'
        ? findPostmaster(data)?.process.pid
        : part === 'replay'
          ? this.of(part)[0]
          : this.#unit(part)
    if (found !== undefined) return found
    throw new DiagnosticError(
      diagnose('FAULT_WITHOUT_PROCESS', {
        detail: `${part} does not run on ${this.#member.name}, so nothing can happen to it`,
        mend: mend.run('pgherd', 'status'),
        at: { member: this.#member.name },
      }),
    )
  }

  #unit(name: string): number | undefined {
    const process = readRecords(this.#own.record)[name]?.process
    return process && runs(process) ? process.pid : undefined
  }
}

/** The title of a server process says what it does, after the name of the cluster (monitoring-ps). */
function replays(pid: number): boolean {
  return /^postgres: (?:[^ ]+: )?startup\b/.test(argumentsOf(pid)[0] ?? '')
}

/** Signals processes; those that have ended meanwhile are none of it. */
export function signalAll(pids: readonly number[], signal: NodeJS.Signals): void {
  for (const pid of pids) {
    try {
      process.kill(pid, signal)
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'ESRCH')) throw error
    }
  }
}

/** Waits until all of them stand still: a signal reaches a process that runs on another core a moment later. */
export async function untilStopped(list: () => readonly number[], patienceMs = 5000): Promise<void> {
  const moving = () => list().filter((pid) => !isStopped(pid))
  for (const until = performance.now() + patienceMs; moving().length > 0;) {
    if (performance.now() > until)
      throw new Error(`processes ${moving().join(', ')} did not stop after SIGSTOP: they wait in the kernel`)
    await sleep(5)
  }
}

/** Kills over and over until `list` gives no process any more: what is forked meanwhile is found the next time. */
export async function killUntilGone(list: () => readonly number[], patienceMs = 10_000): Promise<void> {
  let left = list()
  for (
    const until = performance.now() + patienceMs;
    left.length > 0 && performance.now() < until;
    left = list()
  ) {
    signalAll(left, 'SIGKILL')
    await sleep(20)
    left = left.filter((pid) => identify(pid) !== undefined)
  }
  if (left.length > 0)
    throw new Error(`processes ${left.join(', ')} did not end after SIGKILL: they wait in the kernel`)
}
