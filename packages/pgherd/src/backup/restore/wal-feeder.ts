import { watch, type FSWatcher } from 'node:fs'
import { chmod, mkdir, readdir, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { giveTo } from '../../hosts/run-as.ts'
import type { RunAs } from '../../topology/host-facts.ts'
import type { Lsn } from '../lsn.ts'
import type { TimelineStretch } from '../timelines.ts'
import { parseSegment, segmentStart } from '../wal-names.ts'
import type { ArchiveView } from './archive-view.ts'
import { fetchScript, shellQuoted } from './guard.ts'

/** Memory for segments decoded ahead of their turn. */
const readAheadBytes = 48 * 2 ** 20
/** How often the directory is looked at beside being told of changes. */
const lookEveryMs = 200
/** How long an answer that brings nothing new is held back, so that a waiting server does not ask all the time. */
const holdMs = 250

export interface FeederOptions {
  readonly view: ArchiveView
  /** The way to the timeline that is restored. */
  readonly way: readonly TimelineStretch[]
  /** A directory that does not exist yet, best on the disk of the data directory. */
  readonly directory: string
  readonly runAs: RunAs
}

/**
 * Serves WAL from the repository to a recovering server through its restore_command. With a limit, the server gets
 * everything before that position and nothing after it, so a standby replays up to exactly there and waits.
 */
export class WalFeeder implements AsyncDisposable {
  readonly #options: FeederOptions
  readonly #watcher: FSWatcher
  readonly #timer: NodeJS.Timeout
  readonly #ahead = new Map<string, Promise<Buffer>>()
  /** Requests for the same segment number since another was asked for or the limit moved. */
  #asks = { number: -1n, most: 0, byName: new Map<string, number>() }
  #limit: Lsn | undefined
  /** The look that is under way. */
  #looking: Promise<void> | undefined
  #again = false
  #closed = false
  #failure: Error | undefined
  #release = new AbortController()
  /** The last answer that there is nothing; read by the time of the next request. */
  #mark: string | undefined

  private constructor(options: FeederOptions) {
    this.#options = options
    this.#watcher = watch(join(options.directory, 'ask'), () => void this.#look())
    this.#timer = setInterval(() => void this.#look(), lookEveryMs)
  }

  static async start(options: FeederOptions): Promise<WalFeeder> {
    const { directory, runAs } = options
    for (const path of [directory, join(directory, 'ask'), join(directory, 'answer')]) {
      await mkdir(path, { mode: 0o700 })
      await giveTo(path, runAs)
    }
    const script = join(directory, 'fetch-wal')
    await writeFile(script, fetchScript(directory), { mode: 0o500 })
    await chmod(script, 0o500)
    await giveTo(script, runAs)
    return new WalFeeder(options)
  }

  /** For the setting restore_command. The shell becomes the script, so that it ends with the server. */
  get restoreCommand(): string {
    const script = join(this.#options.directory, 'fetch-wal')
    return `exec /bin/sh ${shellQuoted(script).replaceAll('%', '%%')} %f %p`
  }

  /** Why a segment could not be read; the server has been told to give up. */
  get failure(): Error | undefined {
    return this.#failure
  }

  /** The segment asked for last. */
  get lastAsked(): string {
    return [...this.#asks.byName.keys()].at(-1) ?? ''
  }

  /**
   * The server has asked for the same segment at least three times: it has replayed everything it was given and can
   * make nothing more of it. (Twice is normal, at the start and when reading ahead.)
   */
  get starved(): boolean {
    return this.#asks.most >= 3
  }

  /** Nothing from this position on is served; undefined serves everything. */
  setLimit(limit: Lsn | undefined): void {
    this.#limit = limit
    this.forget()
  }

  /** Starts counting requests anew and answers at once: after the limit moved, before a server starts or is promoted. */
  forget(): void {
    this.#asks = { number: -1n, most: 0, byName: new Map() }
    this.#release.abort()
    this.#release = new AbortController()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed = true
    this.#watcher.close()
    clearInterval(this.#timer)
    this.#release.abort()
    // an answer that is being written would come back under the directory while that is removed
    await this.#looking
    await rm(this.#options.directory, { recursive: true, force: true })
  }

  async #look(): Promise<void> {
    this.#again = true
    if (this.#looking) return
    this.#looking = this.#answerAll()
    await this.#looking
    this.#looking = undefined
  }

  async #answerAll(): Promise<void> {
    try {
      while (this.#again && !this.#closed) {
        this.#again = false
        for (const id of await readdir(join(this.#options.directory, 'ask'))) await this.#answer(id)
      }
    } catch (error) {
      if (!this.#closed) this.#failure ??= error as Error
    }
  }

  async #answer(id: string): Promise<void> {
    const { directory, runAs } = this.#options
    const answer = join(directory, 'answer', id)
    try {
      const bytes = await this.#find(id.slice(0, id.lastIndexOf('.')))
      const path = bytes ? answer : `${answer}.absent`
      if (this.#mark !== undefined) await rm(this.#mark, { force: true })
      this.#mark = bytes ? undefined : path
      await writeFile(`${answer}.writing`, bytes ?? '', { mode: 0o600 })
      await giveTo(`${answer}.writing`, runAs)
      await rename(`${answer}.writing`, path)
    } catch (error) {
      if (this.#closed) return
      this.#failure ??= error as Error
      await writeFile(`${answer}.failed`, '')
    }
    await rm(join(directory, 'ask', id), { force: true })
  }

  /** The bytes to serve under this name now; undefined when there are none. */
  async #find(name: string): Promise<Buffer | undefined> {
    const { view } = this.#options
    const segment = parseSegment(name, view.segmentBytes)
    if (!segment) return view.has(name) ? view.read(name) : undefined
    const asked = this.#count(name, segment.number)
    const start = segmentStart(segment.number, view.segmentBytes)
    if (asked >= 3) {
      const { signal } = this.#release
      await sleep(holdMs, undefined, { signal }).catch(() => undefined)
      // Unless the limit has moved meanwhile, the server's own copy is as good.
      if (!signal.aborted) return undefined
    }
    const limit = this.#limit
    if (!view.has(name) || (limit !== undefined && start >= limit)) return undefined
    const bytes = await this.#decoded(name, segment.number)
    if (limit === undefined || limit >= start + BigInt(view.segmentBytes)) return bytes
    const cut = Buffer.alloc(view.segmentBytes)
    bytes.copy(cut, 0, 0, Number(limit - start))
    return cut
  }

  #count(name: string, number: bigint): number {
    if (this.#asks.number !== number) this.#asks = { number, most: 0, byName: new Map() }
    const asked = (this.#asks.byName.get(name) ?? 0) + 1
    this.#asks.byName.set(name, asked)
    this.#asks.most = Math.max(this.#asks.most, asked)
    return asked
  }

  /** The segment, and the next ones already on their way. */
  async #decoded(name: string, number: bigint): Promise<Buffer> {
    const { view, way } = this.#options
    const bytes = this.#ahead.get(name) ?? view.read(name)
    const wanted = new Map([[name, bytes]])
    const count = Math.max(1, Math.floor(readAheadBytes / view.segmentBytes) - 1)
    for (let step = 1; step <= count; step++) {
      const next = view.fileOf(way, number + BigInt(step))
      if (next === undefined) break
      const reading = this.#ahead.get(next) ?? view.read(next)
      // Whoever asks for it gets the error; until then it is nobody's.
      reading.catch(() => undefined)
      wanted.set(next, reading)
    }
    this.#ahead.clear()
    for (const [each, reading] of wanted) this.#ahead.set(each, reading)
    return bytes
  }
}
