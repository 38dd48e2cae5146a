import { EventStoreError, isEventStoreError } from '../errors/event-store-error.ts'
import { withAppend } from './unknown-outcome.ts'
import type { BatchResult } from './append-result.ts'
import { GroupTags } from './group-tags.ts'
import type { PreparedAppend } from './prepare-append.ts'

export interface GroupCommitOptions {
  /** Groups under way at once, each on a connection of its own. */
  readonly lanes: number
  /** Appends per group, at most. */
  readonly maxAppends: number
  /** Size of a group at which no more is added, in bytes. */
  readonly maxBytes: number
}

/** Measured: a third lane adds nothing on two processors, and larger groups keep the first of them waiting (stores.md, 2.1). */
export const groupCommitDefaults: GroupCommitOptions = { lanes: 2, maxAppends: 256, maxBytes: 1024 * 1024 }

export interface GroupCommitPorts {
  /** Stores appends in one statement; `check` when ids may have been stored before. */
  readonly send: (appends: readonly PreparedAppend[], check: boolean) => Promise<readonly BatchResult[]>
  /** Called after a group was committed. */
  readonly committed: () => void
}

interface Unit {
  readonly appends: readonly PreparedAppend[]
  /** Whether it is a group of its own. */
  readonly alone: boolean
  readonly bytes: number
  readonly resolve: (results: readonly BatchResult[]) => void
  readonly reject: (error: unknown) => void
}

/**
 * Appends that come in while others are under way go together: one statement and one flush to disk for all of them, a
 * result for each. A stream is never in two groups at once, so that one program's appends to it keep their order and
 * lanes do not wait for each other's row locks.
 */
export class GroupCommit {
  readonly #options: GroupCommitOptions
  readonly #ports: GroupCommitPorts
  #queue: Unit[] = []
  readonly #underWay = new Set<string>()
  #busyLanes = 0
  #scheduled = false
  #idle: (() => void)[] = []

  constructor(options: GroupCommitOptions, ports: GroupCommitPorts) {
    this.#options = options
    this.#ports = ports
  }

  /** Queues appends that go into one group, with others unless `alone`; a result for each, in their order. */
  submit(appends: readonly PreparedAppend[], alone = false): Promise<readonly BatchResult[]> {
    return new Promise((resolve, reject) => {
      const bytes = appends.reduce((sum, append) => sum + append.bytes, 0)
      this.#queue.push({ appends, alone, bytes, resolve, reject })
      this.#schedule()
    })
  }

  /** Resolves when nothing is queued or under way. */
  drained(): Promise<void> {
    if (this.#queue.length === 0 && this.#busyLanes === 0) return Promise.resolve()
    return new Promise((resolve) => this.#idle.push(resolve))
  }

  /** Not at once: whoever was answered in this turn appends again in it, and all of them go together. */
  #schedule(): void {
    if (this.#scheduled) return
    this.#scheduled = true
    setImmediate(() => {
      this.#scheduled = false
      this.#fillLanes()
    })
  }

  #fillLanes(): void {
    while (this.#busyLanes < this.#options.lanes && this.#queue.length > 0) {
      const group = this.#take()
      if (group.length === 0) break
      this.#busyLanes++
      void this.#run(group).finally(() => {
        this.#busyLanes--
        for (const stream of streamsOf(group)) this.#underWay.delete(stream)
        if (this.#queue.length > 0) this.#schedule()
        else if (this.#busyLanes === 0) for (const resolve of this.#idle.splice(0)) resolve()
      })
    }
  }

  #take(): readonly Unit[] {
    const { maxAppends, maxBytes } = this.#options
    const group: Unit[] = []
    const left: Unit[] = []
    // streams that an earlier unit still waits for: a later one must not overtake it
    const waiting = new Set<string>()
    const tags = new GroupTags()
    let appends = 0
    let bytes = 0
    for (const unit of this.#queue) {
      const streams = streamsOf([unit])
      const isFree = streams.every((stream) => !this.#underWay.has(stream) && !waiting.has(stream))
      const goesWithOthers = !unit.alone && group[0]?.alone !== true
      const isSmall = appends + unit.appends.length <= maxAppends && bytes + unit.bytes <= maxBytes
      const fits = appends === 0 || (goesWithOthers && isSmall)
      if (isFree && fits && tags.admits(unit.appends)) {
        tags.add(unit.appends)
        group.push(unit)
        appends += unit.appends.length
        bytes += unit.bytes
      } else {
        left.push(unit)
        for (const stream of streams) waiting.add(stream)
      }
    }
    this.#queue = left
    for (const stream of streamsOf(group)) this.#underWay.add(stream)
    return group
  }

  async #run(group: readonly Unit[]): Promise<void> {
    const appends = group.flatMap((unit) => unit.appends)
    try {
      const results = await this.#ports.send(appends, mayBeStored(appends))
      this.#ports.committed()
      let at = 0
      for (const unit of group) unit.resolve(results.slice(at, (at += unit.appends.length)))
    } catch (thrown) {
      if (isTroubleOfAll(thrown)) for (const unit of group) unit.reject(withAppend(thrown, unit.appends))
      else await this.#runAlone(group)
    }
  }

  /** One append made the server undo the group; alone, each gets its own answer, and what only collided gets through. */
  async #runAlone(group: readonly Unit[]): Promise<void> {
    for (const unit of group) {
      try {
        unit.resolve(await this.#sendAlone(unit.appends))
        this.#ports.committed()
      } catch (thrown) {
        unit.reject(withAppend(thrown, unit.appends))
      }
    }
  }

  /** Once more after a collision: another program may have stored the same ids in a stream that was not there to be locked. */
  async #sendAlone(appends: readonly PreparedAppend[]): Promise<readonly BatchResult[]> {
    try {
      return await this.#ports.send(appends, true)
    } catch (thrown) {
      if (!isEventStoreError(thrown, 'TRANSACTION_CLASH')) throw thrown
      return this.#ports.send(appends, true)
    }
  }
}

function streamsOf(units: readonly Unit[]): readonly string[] {
  return units.flatMap((unit) => unit.appends.map(({ stream }) => stream))
}

function mayBeStored(appends: readonly PreparedAppend[]): boolean {
  return appends.some(({ hasGivenIds }) => hasGivenIds)
}

/** Whether trying again at once would meet the same: everything this library has a name for, save collisions. */
function isTroubleOfAll(thrown: unknown): thrown is EventStoreError {
  return isEventStoreError(thrown) && thrown.code !== 'TRANSACTION_CLASH'
}
