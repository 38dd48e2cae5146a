import type { History, PrimarySample, WriteRecord } from './history.ts'

/** A moment at which two servers took writes, and how that is known. */
export interface DuplicatePrimary {
  readonly kind: 'both-writable' | 'one-timeline-two-servers' | 'old-timeline-acknowledged'
  readonly servers: readonly [string, string]
  /** Seconds of the history's clock. */
  readonly from: number
  readonly to: number
  readonly detail: string
}

/** Every proof in the history that two servers took writes at the same time. Pure. */
export function duplicatePrimaries({
  writes,
  samples,
}: Pick<History, 'writes' | 'samples'>): readonly DuplicatePrimary[] {
  const acknowledged = writes.filter(({ outcome }) => outcome === 'acknowledged')
  return [...bothWritable(samples), ...sharedTimelines(acknowledged), ...oldTimelines(acknowledged)]
}

/** A stretch during which one server process surely took writes. */
interface Reign {
  readonly member: string
  readonly from: number
  readonly to: number
}

/** Answers further apart say nothing about the time between them: the process may have been frozen. */
const longestSilence = 3

/**
 * Two answers of one server process that it takes writes mean that it did so all the time in between: a primary becomes a
 * standby only by a restart. The stretch from the end of the first answer to the beginning of the last is therefore
 * certain, however slow the answers came. An answer of another member that was given wholly within it is a second primary.
 */
function bothWritable(samples: readonly PrimarySample[]): DuplicatePrimary[] {
  const reigns = reignsOf(samples)
  const found = new Map<string, DuplicatePrimary>()
  for (const { member, asked, answered, writable } of samples) {
    if (writable !== true) continue
    for (const reign of reigns) {
      if (reign.member === member || asked < reign.from || answered > reign.to) continue
      const servers: [string, string] =
        member < reign.member ? [member, reign.member] : [reign.member, member]
      const known = found.get(servers.join('\n'))
      const from = Math.min(known?.from ?? asked, asked)
      const to = Math.max(known?.to ?? answered, answered)
      const detail = `${servers.join(' and ')} both took writes, first seen at ${from.toFixed(3)} s and last at ${to.toFixed(3)} s`
      found.set(servers.join('\n'), { kind: 'both-writable', servers, from, to, detail })
    }
  }
  return [...found.values()]
}

function reignsOf(samples: readonly PrimarySample[]): Reign[] {
  const byMember = Map.groupBy(samples, ({ member }) => member)
  return [...byMember].flatMap(([member, all]) => {
    const reigns: { from: number; to: number; started: string | undefined; last: number }[] = []
    let current: (typeof reigns)[number] | undefined
    for (const { asked, answered, writable, started } of all.toSorted((a, b) => a.asked - b.asked)) {
      if (writable === undefined) continue
      const goesOn = current?.started === started && asked - (current?.last ?? 0) <= longestSilence
      if (!writable) current = undefined
      else if (current && goesOn) {
        current.to = asked
        current.last = answered
      } else reigns.push((current = { from: answered, to: asked, started, last: answered }))
    }
    return reigns.filter(({ from, to }) => from <= to).map(({ from, to }) => ({ member, from, to }))
  })
}

/** Two servers that acknowledge writes on one timeline: neither was promoted after the other. */
function sharedTimelines(writes: readonly WriteRecord[]): DuplicatePrimary[] {
  const first = new Map<number, WriteRecord>()
  const found: DuplicatePrimary[] = []
  const reported = new Set<string>()
  for (const write of writes) {
    if (write.timeline === undefined || write.server === undefined) continue
    const before = first.get(write.timeline)
    if (!before) first.set(write.timeline, write)
    if (!before || before.server === undefined || before.server === write.server) continue
    const key = `${write.timeline} ${write.server}`
    if (reported.has(key)) continue
    reported.add(key)
    found.push({
      kind: 'one-timeline-two-servers',
      servers: [before.server, write.server],
      from: before.sent,
      to: write.sent,
      detail: `${before.server} and ${write.server} both acknowledged writes on timeline ${write.timeline}`,
    })
  }
  return found
}

/** A write sent after a newer timeline had acknowledged one, and acknowledged on an older: the old primary goes on. */
function oldTimelines(writes: readonly WriteRecord[]): DuplicatePrimary[] {
  const known = writes.filter(
    (write): write is WriteRecord & { timeline: number; server: string; ended: number } =>
      write.timeline !== undefined && write.server !== undefined && write.ended !== undefined,
  )
  const firstEnd = new Map<number, { ended: number; server: string }>()
  for (const { timeline, ended, server } of known) {
    if (ended < (firstEnd.get(timeline)?.ended ?? Infinity)) firstEnd.set(timeline, { ended, server })
  }
  const found = new Map<number, DuplicatePrimary>()
  for (const { timeline, sent, ended, server } of known) {
    const newer = [...firstEnd].find(([other, start]) => other > timeline && start.ended < sent)
    if (!newer) continue
    const [newerTimeline, start] = newer
    found.set(timeline, {
      kind: 'old-timeline-acknowledged',
      servers: [server, start.server],
      from: found.get(timeline)?.from ?? start.ended,
      to: ended,
      detail: `${server} acknowledged on timeline ${timeline} after ${start.server} had begun timeline ${newerTimeline}`,
    })
  }
  return [...found.values()]
}
