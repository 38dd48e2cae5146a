import { setTimeout as sleep } from 'node:timers/promises'
import { parseLsn } from '../backup/lsn.ts'
import type { Repository } from '../backup/repository.ts'
import type { WalReceiver, WalReceiverState, WalReceiverStatus } from '../backup/stream/wal-receiver.ts'
import type { ArchiveObservation, ArchiveState } from '../checks/observation.ts'
import type { RepositoryLink } from './repository-link.ts'
import type { ServerFacts } from './server-facts.ts'
import type { ArchiveSource } from './sources.ts'

const states: Readonly<Record<WalReceiverState, ArchiveState>> = {
  streaming: 'streaming',
  'catching-up': 'streaming',
  gap: 'streaming',
  reconnecting: 'connecting',
  stalled: 'failing',
  failed: 'failing',
  stopped: 'failing',
}

/** Runs the WAL archive from the moment the repository is open until the agent stops. */
export class WalArchive implements ArchiveSource {
  readonly #link: RepositoryLink
  readonly #receive: (repository: Repository) => WalReceiver
  readonly #stop = new AbortController()
  #receiver: WalReceiver | undefined
  #running: Promise<void> | undefined

  constructor(link: RepositoryLink, receive: (repository: Repository) => WalReceiver) {
    this.#link = link
    this.#receive = receive
  }

  start(): void {
    this.#running ??= this.#begin()
  }

  async #begin(): Promise<void> {
    while (!this.#stop.signal.aborted) {
      const repository = await this.#link.get()
      if (repository) {
        this.#receiver = this.#receive(repository)
        this.#receiver.start()
        return
      }
      await sleep(250, undefined, { signal: this.#stop.signal }).catch(() => undefined)
    }
  }

  observe(server: ServerFacts | null, now: Date): ArchiveObservation {
    if (!this.#receiver) {
      // a repository that refuses to be opened is no beginning: nothing is archived until somebody mends it
      const state = this.#link.refused ? 'failing' : 'connecting'
      return { state, lagBytes: null, lagSeconds: null, reason: this.#link.problem }
    }
    return archiveObservation(this.#receiver.status(), server, now)
  }

  /** Archives what was received, then ends. */
  async stop(): Promise<void> {
    this.#stop.abort()
    await this.#running
    await this.#receiver?.stop()
  }
}

/** What the receiver's status means against the server's newest position. Pure. */
export function archiveObservation(
  status: WalReceiverStatus,
  server: ServerFacts | null,
  now: Date,
): ArchiveObservation {
  const archived = status.archivedLsn === undefined ? null : parseLsn(status.archivedLsn)
  const behind =
    archived === null || server?.wal == null
      ? null
      : server.wal > archived
        ? Number(server.wal - archived)
        : 0
  const age =
    status.archivedAt === undefined
      ? null
      : Math.max(0, (now.getTime() - Date.parse(status.archivedAt)) / 1000)
  return {
    state: states[status.state],
    lagBytes: behind,
    // with nothing left to archive the archive is as new as the server, however long ago the last byte came
    lagSeconds: behind === 0 ? 0 : age,
    reason: status.lastError?.detail ?? null,
  }
}
