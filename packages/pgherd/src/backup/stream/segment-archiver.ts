import { formatLsn, type Lsn } from '../lsn.ts'
import type { Repository, StoreCompression } from '../repository.ts'
import type { CompleteUpTo } from './completeness.ts'
import { AppendedPartial, pieces, SealedPartial, walFile, type PartialSegment } from './partial-segment.ts'
import { segmentOf } from '../wal-names.ts'
import { dateOfClock } from './wal-messages.ts'

export interface ArchiverOptions {
  readonly repository: Repository
  readonly compression: StoreCompression
  readonly timeline: number
  /** Start of a segment. */
  readonly start: Lsn
  /** Bytes of the first segment that an earlier run archived. */
  readonly already: number
  /** Memory of one WAL segment; its length is the segment size. */
  readonly buffer: Buffer
  /** Longest time that received WAL stays in memory alone; 0 archives at once. */
  readonly saveEveryMs: number
  readonly positionEveryMs: number
  /** Called after each step of durability with the newest durable byte. */
  readonly onDurable: (durable: Lsn) => void
  /** Called when reading may go on after `full`. */
  readonly onRoom: () => void
  /** Called when wal/position.json has been written. */
  readonly onPosition: (at: Date) => void
}

/**
 * Takes the WAL of one timeline in order and makes it durable in the repository: the segment being
 * received as `.partial`, finished ones compressed and sealed. One loop does all the writing, so
 * that nothing overtakes anything; the first failure of the repository ends it.
 */
export class SegmentArchiver {
  readonly #options: ArchiverOptions
  readonly #size: number
  #segmentStart: Lsn
  #filled = 0
  #saved = 0
  #partial: PartialSegment
  /** Received while the finished segment is being stored. */
  #overflow: Buffer[] = []
  #durable: Lsn
  #received: CompleteUpTo | undefined
  #proven: CompleteUpTo | undefined
  #positionDirty = false
  #savedAt = 0
  #positionAt = 0
  #urgent = false
  #stopping = false
  #wake: () => void = () => undefined

  constructor(options: ArchiverOptions) {
    this.#options = options
    this.#size = options.buffer.length
    this.#segmentStart = options.start
    this.#durable = options.start + BigInt(options.already)
    this.#partial = this.#openPartial(options.already)
  }

  get durable(): Lsn {
    return this.#durable
  }

  /** Where the next byte belongs. */
  get next(): Lsn {
    return (
      this.#segmentStart +
      BigInt(this.#filled) +
      this.#overflow.reduce((sum, each) => sum + BigInt(each.length), 0n)
    )
  }

  /** True while reading should wait. */
  get full(): boolean {
    return this.#filled === this.#size
  }

  /** Takes bytes, which are copied. Throws when they do not follow what came before. */
  write(start: Lsn, bytes: Buffer): void {
    if (start !== this.next)
      throw new Error(`the server sent WAL at ${formatLsn(start)} where ${formatLsn(this.next)} comes next`)
    this.#take(bytes)
    this.#signal()
  }

  /** Everything received so far is all that the server had flushed at that moment. */
  noteComplete(complete: CompleteUpTo): void {
    this.#received = complete
    if (complete.lsn <= this.#durable) {
      this.#proven = complete
      this.#positionDirty = true
      this.#signal()
    }
  }

  /** Archives what has been received without waiting for the interval. */
  hurry(): void {
    if (this.#saved === this.#filled) return
    this.#urgent = true
    this.#signal()
  }

  /** Ends `run` after everything received is durable. */
  stop(): void {
    this.#stopping = true
    this.#signal()
  }

  /** Works until `stop`. Rejects with the error of the repository. */
  async run(): Promise<void> {
    try {
      for (;;) {
        if (this.full) await this.#finish()
        else if (this.#saveDue() <= 0) await this.#save()
        else if (this.#positionDue() <= 0) await this.#writePosition()
        else if (this.#stopping) return
        else await this.#wait(Math.min(this.#saveDue(), this.#positionDue()))
      }
    } finally {
      await this.#partial.close()
    }
  }

  #take(bytes: Buffer): void {
    const fits = Math.min(bytes.length, this.#size - this.#filled)
    bytes.copy(this.#options.buffer, this.#filled, 0, fits)
    this.#filled += fits
    if (fits < bytes.length) this.#overflow.push(Buffer.from(bytes.subarray(fits)))
  }

  /** Milliseconds until the partial segment is saved; Infinity when it has nothing new. */
  #saveDue(): number {
    if (this.#saved === this.#filled) return Infinity
    if (this.#urgent || this.#stopping) return 0
    return this.#savedAt + this.#options.saveEveryMs - performance.now()
  }

  #positionDue(): number {
    if (!this.#positionDirty || !this.#proven) return Infinity
    return this.#stopping ? 0 : this.#positionAt + this.#options.positionEveryMs - performance.now()
  }

  async #save(): Promise<void> {
    const end = this.#filled
    const complete = this.#received
    this.#savedAt = performance.now()
    this.#urgent = false
    await this.#partial.save(this.#options.buffer, this.#saved, end)
    this.#saved = end
    this.#advance(this.#segmentStart + BigInt(end), complete)
  }

  async #finish(): Promise<void> {
    const { repository, compression, buffer, onRoom } = this.#options
    const complete = this.#received
    await repository.store(walFile(this.#name()), pieces(buffer), compression)
    await this.#partial.remove()
    this.#segmentStart += BigInt(this.#size)
    this.#filled = this.#saved = 0
    this.#partial = this.#openPartial(0)
    this.#advance(this.#segmentStart, complete)
    for (const bytes of this.#overflow.splice(0)) this.#take(bytes)
    if (!this.full) onRoom()
  }

  #advance(durable: Lsn, complete: CompleteUpTo | undefined): void {
    if (durable > this.#durable) this.#durable = durable
    if (complete && complete.lsn <= this.#durable) this.#proven = complete
    this.#positionDirty = true
    this.#options.onDurable(this.#durable)
  }

  async #writePosition(): Promise<void> {
    if (!this.#proven) return
    const at = dateOfClock(this.#proven.clock)
    this.#positionDirty = false
    this.#positionAt = performance.now()
    const position = { timeline: this.#options.timeline, lsn: formatLsn(this.#durable), at: at.toISOString() }
    await this.#options.repository.writeJson('wal/position.json', position)
    this.#options.onPosition(at)
  }

  #name(): string {
    return segmentOf(this.#options.timeline, this.#segmentStart, this.#size)
  }

  #openPartial(already: number): PartialSegment {
    const { repository, compression } = this.#options
    return repository.sealing.format === 'none'
      ? new AppendedPartial(repository, this.#name(), this.#size)
      : new SealedPartial(repository, this.#name(), already, { ...compression, level: 1 })
  }

  #signal(): void {
    this.#wake()
  }

  async #wait(ms: number): Promise<void> {
    let timer: NodeJS.Timeout | undefined
    await new Promise<void>((resolve) => {
      this.#wake = resolve
      if (ms !== Infinity) timer = setTimeout(resolve, ms)
    })
    clearTimeout(timer)
    this.#wake = () => undefined
  }
}
