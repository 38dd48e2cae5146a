import fc from 'fast-check'
import type { BackupRecord } from './catalogue.ts'
import { formatLsn, type Lsn } from './lsn.ts'
import { sampleBackup } from './sample-backup.testkit.ts'
import type { TimelineHistory } from './timelines.ts'
import { segmentOf } from './wal-names.ts'
import type { Archived } from './window.ts'

/** Small segments, so that a short life crosses many. */
export const segmentBytes = 2 ** 20
const hour = 3_600_000
const beginning = Date.parse('2026-01-01T00:00:00Z')

/** What happens in one hour of a simulated cluster. */
type Step =
  | { readonly kind: 'write'; readonly bytes: number }
  | { readonly kind: 'backup'; readonly bytes: number }
  /** A new timeline branches off this share of the way between the cluster's beginning and now; 1 is a promotion. */
  | { readonly kind: 'branch'; readonly at: number }

/** Where WAL stood on a timeline at a moment: the truth that windows must not contradict. */
export interface Sample {
  readonly timeline: number
  readonly time: number
  readonly lsn: Lsn
}

/** An archive together with the life that made it. */
export interface SimulatedArchive extends Archived {
  readonly samples: readonly Sample[]
  readonly now: Date
}

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant('write' as const),
      bytes: fc.integer({ min: 0, max: 3 * segmentBytes }),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant('backup' as const),
      bytes: fc.integer({ min: 1, max: 2 * segmentBytes }),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant('branch' as const), at: fc.constantFrom(1, 1, 0.5, 0.8) }),
  },
)

/** Lives of up to 40 hours, with some segments lost and the newest WAL partly archived. */
export const simulatedArchives: fc.Arbitrary<SimulatedArchive> = fc
  .record({
    steps: fc.array(step, { minLength: 1, maxLength: 40 }),
    lost: fc.array(fc.nat(60), { maxLength: 4 }),
    archived: fc.constantFrom('position', 'segments'),
  })
  .map(({ steps, lost, archived }) => live(steps, lost, archived === 'position'))

function live(steps: readonly Step[], lost: readonly number[], withPosition: boolean): SimulatedArchive {
  const backups: BackupRecord[] = []
  const samples: Sample[] = []
  const histories = new Map<number, TimelineHistory>()
  const segments = new Map<number, Set<string>>()
  let timeline = 1
  let newestTimeline = 1
  let begun = 0n
  let lsn = BigInt(segmentBytes)
  let time = beginning

  const write = (bytes: number): void => {
    const from = lsn
    lsn += BigInt(bytes)
    time += hour
    const finished = segments.get(timeline) ?? new Set()
    const size = BigInt(segmentBytes)
    for (let number = from / size; (number + 1n) * size <= lsn; number += 1n)
      finished.add(segmentOf(timeline, number * size, segmentBytes))
    segments.set(timeline, finished)
    samples.push({ timeline, time, lsn })
  }

  for (const each of steps) {
    if (each.kind === 'write') write(each.bytes)
    if (each.kind === 'backup') {
      const [startLsn, startedAt] = [lsn, new Date(time)]
      write(each.bytes)
      const id = startedAt.toISOString().replace(/[-:]|\.\d+/g, '')
      const times = { startedAt: startedAt.toISOString(), stoppedAt: new Date(time).toISOString() }
      const positions = { timeline, startLsn: formatLsn(startLsn), stopLsn: formatLsn(lsn) }
      backups.push(sampleBackup({ id, ...times, ...positions, walSegmentBytes: segmentBytes }))
    }
    if (each.kind === 'branch') {
      const span = Number(lsn - begun)
      const at = each.at === 1 ? lsn : begun + BigInt(Math.floor(span * each.at))
      newestTimeline += 1
      histories.set(newestTimeline, [...(histories.get(timeline) ?? []), { timeline, until: at }])
      timeline = newestTimeline
      begun = at
      lsn = at
      // Promotion writes a checkpoint, and some time passes until it is archived.
      write(200)
    }
  }
  const all = [...segments].flatMap(([line, names]) => [...names].map((name) => ({ line, name })))
  for (const at of lost) {
    const gone = all[at]
    if (gone) segments.get(gone.line)?.delete(gone.name)
  }
  const ending = lsn % BigInt(segmentBytes) !== 0n
  return {
    backups,
    samples,
    histories,
    now: new Date(time + hour),
    wal: {
      segments: new Map(
        [...segments].filter(([, names]) => names.size > 0).map(([line, names]) => [line, [...names].sort()]),
      ),
      histories: [...histories.keys()],
      ...(withPosition &&
        ending && { partial: { timeline, segment: segmentOf(timeline, lsn, segmentBytes) } }),
      ...(withPosition && { position: { timeline, lsn: formatLsn(lsn), at: new Date(time).toISOString() } }),
    },
  }
}
