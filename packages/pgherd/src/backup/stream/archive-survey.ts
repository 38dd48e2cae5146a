import { DiagnosticError } from '../../diagnostic/diagnostic.ts'
import { parseLsn, type Lsn } from '../lsn.ts'
import type { Repository } from '../repository.ts'
import { walFile } from './partial-segment.ts'
import { parseSegment, segmentStart } from '../wal-names.ts'
import type { ArchivedTimeline } from './wal-start.ts'

export interface ArchiveSurvey {
  readonly archived: readonly ArchivedTimeline[]
  readonly histories: readonly number[]
  /** The newest unfinished segment and how many of its bytes are known to be archived. */
  readonly partial?: { readonly segment: string; readonly bytes: number }
}

/** Finds out how far the archive has come, from its files alone. */
export async function surveyArchive(repository: Repository, segmentBytes: number): Promise<ArchiveSurvey> {
  const { segments, partial, histories, position } = await repository.wal()
  const size = BigInt(segmentBytes)
  const timelines = new Map<number, ArchivedTimeline>()
  for (const [timeline, names] of segments) {
    const last = names.at(-1)
    if (last === undefined) continue
    const next = startOf(last, segmentBytes) + size
    timelines.set(timeline, { timeline, next, end: next, finished: last })
  }
  if (!partial) return { archived: [...timelines.values()], histories }

  const start = startOf(partial.segment, segmentBytes)
  const have = timelines.get(partial.timeline)
  if (have && have.next > start) return { archived: [...timelines.values()], histories }
  const bytes = await partialBytes(repository, partial, () => {
    if (position?.timeline !== partial.timeline) return 0
    const into = parseLsn(position.lsn) - start
    return into > 0n && into < size ? Number(into) : 0
  })
  timelines.set(partial.timeline, {
    ...have,
    timeline: partial.timeline,
    next: start,
    end: start + BigInt(bytes),
  })
  return { archived: [...timelines.values()], histories, partial: { segment: partial.segment, bytes } }
}

/** A sealed partial says by its length how far it goes; a plain one is padded, so only the recorded position tells. */
async function partialBytes(
  repository: Repository,
  partial: { readonly segment: string },
  recorded: () => number,
): Promise<number> {
  if (repository.sealing.format === 'none') return recorded()
  try {
    let bytes = 0
    for await (const chunk of await repository.open(`${walFile(partial.segment)}.partial`))
      bytes += (chunk as Buffer).length
    return bytes
  } catch (error) {
    // A damaged copy protects nothing: the server sends the segment again.
    if (error instanceof DiagnosticError) return 0
    throw error
  }
}

function startOf(name: string, segmentBytes: number): Lsn {
  const segment = parseSegment(name, segmentBytes)
  if (!segment) throw new RangeError(`"${name}" is no WAL segment of ${segmentBytes} bytes`)
  return segmentStart(segment.number, segmentBytes)
}
