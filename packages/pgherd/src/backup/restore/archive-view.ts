import { parseLsn, type Lsn } from '../lsn.ts'
import type { Repository, WalInventory, WalPosition } from '../repository.ts'
import { parseHistory, wayTo, type TimelineHistory, type TimelineStretch } from '../timelines.ts'
import {
  formatSegment,
  historyName,
  parseSegment,
  segmentNumber,
  segmentStart,
  timelineName,
} from '../wal-names.ts'
import { walDamaged } from './damage.ts'
import { lastRecordEnd } from './wal-records.ts'

/** The segment that was being received when the view was frozen. */
interface FrozenPartial {
  readonly name: string
  /** What had been received, without padding. */
  readonly bytes: Buffer
}

/**
 * The WAL archive as it was at one moment: what arrives later is not part of it. A proof restores from it what was
 * there when the disaster was assumed, a restore what was there when it began.
 */
export class ArchiveView {
  readonly #repository: Repository
  readonly #finished: ReadonlySet<string>
  readonly #partial: FrozenPartial | undefined
  readonly #historyTexts: ReadonlyMap<number, Buffer>
  readonly histories: ReadonlyMap<number, TimelineHistory>
  readonly segmentBytes: number
  readonly position: WalPosition | undefined

  private constructor(repository: Repository, segmentBytes: number, frozen: Frozen) {
    this.#repository = repository
    this.#finished = frozen.finished
    this.#partial = frozen.partial
    this.#historyTexts = frozen.histories
    this.histories = new Map(
      [...frozen.histories].map(([timeline, text]) => [timeline, parseHistory(text.toString())]),
    )
    this.segmentBytes = segmentBytes
    this.position = frozen.position
  }

  /** Freezes the archive now. Throws DiagnosticError BACKUP_FILE_* when a history or the partial cannot be read. */
  static async freeze(repository: Repository, segmentBytes: number): Promise<ArchiveView> {
    return new ArchiveView(repository, segmentBytes, await readFrozen(repository, segmentBytes))
  }

  /**
   * The timeline that is being written: the highest. Each restore and each promotion takes a higher number than all it
   * finds archived (findNewestTimeLine in timeline.c), while the noted position may be from before the last one.
   */
  get currentTimeline(): number {
    const known = [...this.#finished, this.#partial?.name ?? ''].map(
      (name) => Number.parseInt(name.slice(0, 8), 16) || 1,
    )
    return known.reduce((highest, each) => Math.max(highest, each), Math.max(1, ...this.histories.keys()))
  }

  wayTo(timeline: number): readonly TimelineStretch[] {
    return wayTo(timeline, this.histories)
  }

  has(name: string): boolean {
    return this.#finished.has(name) || this.#partial?.name === name || this.#historyOf(name) !== undefined
  }

  /** The whole file: a segment padded with zeros to full size, or a history. Throws DiagnosticError BACKUP_FILE_*. */
  async read(name: string): Promise<Buffer> {
    const history = this.#historyOf(name)
    if (history) return history
    if (this.#finished.has(name)) {
      const bytes = await collect(this.#repository, segmentPath(name))
      if (bytes.length === this.segmentBytes) return bytes
      throw walDamaged(name, `it has ${bytes.length} bytes instead of ${this.segmentBytes}`)
    }
    const whole = Buffer.alloc(this.segmentBytes)
    this.#partial?.bytes.copy(whole)
    return whole
  }

  /**
   * The file PostgreSQL reads for a segment on the way to a timeline: from the newest timeline that begins in or before it
   * and has it, and from none that the way has left before: what that went on to write was given up, as in a failover in
   * the middle of a bulk load (XLogFileReadAnyTLI in xlogrecovery.c, curFileTLI). Undefined when none has.
   */
  fileOf(way: readonly TimelineStretch[], number: bigint): string | undefined {
    return this.#sourceOf(way, number)?.name
  }

  /** Where the archive ends on the way to a timeline when read from `start`: behind the last byte of an unbroken row. */
  endOf(way: readonly TimelineStretch[], start: Lsn): Lsn {
    const size = BigInt(this.segmentBytes)
    let number = segmentNumber(start, this.segmentBytes)
    let end = number * size
    for (
      let source = this.#sourceOf(way, number);
      source !== undefined;
      source = this.#sourceOf(way, number)
    ) {
      const partial = this.#finished.has(source.name) ? undefined : this.#partial
      end = number * size + (partial ? BigInt(partial.bytes.length) : size)
      // the timeline that begins in this segment has not been archived yet
      if (source.until !== undefined && source.until < (number + 1n) * size)
        return end < source.until ? end : source.until
      number += 1n
    }
    return end
  }

  #sourceOf(
    way: readonly TimelineStretch[],
    number: bigint,
  ): { readonly name: string; readonly until: Lsn | undefined } | undefined {
    const start = segmentStart(number, this.segmentBytes)
    return way
      .filter(
        ({ from, until }) => from / BigInt(this.segmentBytes) <= number && (until ?? start + 1n) > start,
      )
      .map(({ timeline, until }) => ({ name: formatSegment({ timeline, number }, this.segmentBytes), until }))
      .findLast(({ name }) => this.has(name))
  }

  /** The segment being received. */
  get partialName(): string | undefined {
    return this.#partial?.name
  }

  /** Up to where the segment being received goes. */
  get partialEnd(): { readonly timeline: number; readonly lsn: Lsn } | undefined {
    const parsed = this.#partial && parseSegment(this.#partial.name, this.segmentBytes)
    if (!this.#partial || !parsed) return undefined
    const lsn = segmentStart(parsed.number, this.segmentBytes) + BigInt(this.#partial.bytes.length)
    return { timeline: parsed.timeline, lsn }
  }

  /** Finished segments and the partial one, newest first within the whole archive. */
  newestFirst(): readonly string[] {
    const names = [...this.#finished, ...(this.#partial ? [this.#partial.name] : [])]
    const order = (name: string): string => name.slice(8) + name.slice(0, 8)
    return names.sort((one, other) => (order(one) < order(other) ? 1 : -1))
  }

  /** The first segment beyond an end on this way: with one, a gap follows the end, and not the newest WAL. */
  firstAfter(way: readonly TimelineStretch[], end: Lsn): string | undefined {
    return this.newestFirst().findLast((name) => {
      const parsed = parseSegment(name, this.segmentBytes)
      const stretch = way.find((each) => each.timeline === parsed?.timeline)
      if (!parsed || !stretch) return false
      const start = segmentStart(parsed.number, this.segmentBytes)
      return start > end && (stretch.until === undefined || start < stretch.until)
    })
  }

  #historyOf(name: string): Buffer | undefined {
    for (const [timeline, text] of this.#historyTexts) if (historyName(timeline) === name) return text
    return undefined
  }
}

interface Frozen {
  readonly finished: ReadonlySet<string>
  readonly partial: FrozenPartial | undefined
  readonly histories: ReadonlyMap<number, Buffer>
  readonly position: WalPosition | undefined
}

/** A segment that is finished while its partial file is read is gone from there: then the list is read again. */
async function readFrozen(repository: Repository, segmentBytes: number): Promise<Frozen> {
  for (let tries = 1; ; tries++) {
    const inventory = await repository.wal()
    try {
      const histories = new Map<number, Buffer>()
      for (const timeline of inventory.histories) {
        histories.set(timeline, await collect(repository, `wal/${historyName(timeline)}`))
      }
      const { partial, position } = inventory
      const finished = new Set([...inventory.segments.values()].flat())
      if (!partial || finished.has(partial.segment))
        return { finished, partial: undefined, histories, position }
      const bytes = await collect(repository, `${segmentPath(partial.segment)}.partial`)
      return {
        finished,
        partial: {
          name: partial.segment,
          bytes: received(bytes, segmentBytes, knownEnd(partial, position, segmentBytes)),
        },
        histories,
        position,
      }
    } catch (error) {
      if (tries === 5) throw error
    }
  }
}

/**
 * A partial segment that is not sealed lies there padded with zeros: what counts ends with the last other byte, or behind
 * it, where the record it belongs to ends, since a checkpoint ends in zeros. No further than what is known to be there.
 */
function received(bytes: Buffer, segmentBytes: number, knownEnd: number): Buffer {
  if (bytes.length < segmentBytes) return bytes
  let end = segmentBytes
  while (end > 0 && bytes[end - 1] === 0) end -= 1
  // Records are aligned to 8 bytes.
  end = Math.min(segmentBytes, Math.ceil(end / 8) * 8)
  if (end < knownEnd) end = Math.max(end, Math.min(knownEnd, lastRecordEnd(bytes, end)))
  return bytes.subarray(0, end)
}

/** How far into the partial segment the noted position lies; 0 when it lies elsewhere. */
function knownEnd(
  { timeline, segment }: NonNullable<WalInventory['partial']>,
  position: WalPosition | undefined,
  segmentBytes: number,
): number {
  const parsed = parseSegment(segment, segmentBytes)
  if (!parsed || position?.timeline !== timeline) return 0
  const into = parseLsn(position.lsn) - segmentStart(parsed.number, segmentBytes)
  return into > 0n && into <= BigInt(segmentBytes) ? Number(into) : 0
}

function segmentPath(name: string): string {
  return `wal/${timelineName(Number.parseInt(name.slice(0, 8), 16))}/${name}`
}

async function collect(repository: Repository, name: string): Promise<Buffer> {
  const pieces: Buffer[] = []
  for await (const piece of await repository.open(name)) pieces.push(piece as Buffer)
  return Buffer.concat(pieces)
}
