import { duplicatePrimaries, type DuplicatePrimary } from './duplicate-primaries.ts'
import type { History } from './history.ts'
import { longestGap, type Gap } from './longest-gap.ts'

/** What a run shows: how long clients waited, and whether the promise of a commit was kept. */
export interface Verdict {
  readonly writeGapSeconds: number
  readonly readGapSeconds: number
  readonly writeGap: Gap
  readonly readGap: Gap
  readonly acknowledgedWrites: number
  /** Acknowledged and not there: the promise of a commit was broken. */
  readonly lostAcknowledgedWrites: number
  readonly lost: readonly string[]
  /** There more than once. */
  readonly duplicates: readonly string[]
  /** There and never sent. */
  readonly invented: readonly string[]
  /** There though the server said that the write failed. */
  readonly revived: readonly string[]
  /** Writes whose fate the client did not learn: both are right. */
  readonly unknownKept: number
  readonly unknownLost: number
  /** Writes that ended in an error for the client, from the fault on. */
  readonly clientErrors: number
  /** Errors by SQLSTATE or system code. */
  readonly errors: Readonly<Record<string, number>>
  readonly duplicatePrimaries: number
  readonly duplicatePrimaryEvidence: readonly DuplicatePrimary[]
  /** The history is that of one set on one server: nothing lost, doubled, invented or revived, never two primaries. */
  readonly consistent: boolean
}

/**
 * Judges a history: an acknowledged write is there exactly once, nothing is there that nobody sent, and at every
 * moment one server at most takes writes. Pure. The set semantics are those of Jepsen's set checker
 * (https://jepsen-io.github.io/jepsen/jepsen.checker.html#var-set).
 */
export function judge(history: History): Verdict {
  const { writes, reads, found, fault, end } = history
  const times = new Map<string, number>()
  for (const id of found) times.set(id, (times.get(id) ?? 0) + 1)
  const sent = new Map(writes.map((write) => [write.id, write]))
  const there = (id: string) => times.has(id)

  const acknowledged = writes.filter(({ outcome }) => outcome === 'acknowledged')
  const unknown = writes.filter(({ outcome }) => outcome === 'unknown')
  const lost = acknowledged.filter(({ id }) => !there(id)).map(({ id }) => id)
  const duplicates = [...times].filter(([, count]) => count > 1).map(([id]) => id)
  const invented = [...times.keys()].filter((id) => !sent.has(id))
  const revived = writes.filter(({ id, outcome }) => outcome === 'failed' && there(id)).map(({ id }) => id)
  const broken = writes.filter(({ outcome, ended }) => outcome !== 'acknowledged' && (ended ?? end) >= fault)
  const evidence = duplicatePrimaries(history)
  const writeGap = longestGap(answers(acknowledged), fault, end)
  const readGap = longestGap(answers(reads.filter(({ ok }) => ok)), fault, end)
  return {
    writeGapSeconds: writeGap.seconds,
    readGapSeconds: readGap.seconds,
    writeGap,
    readGap,
    acknowledgedWrites: acknowledged.length,
    lostAcknowledgedWrites: lost.length,
    lost,
    duplicates,
    invented,
    revived,
    unknownKept: unknown.filter(({ id }) => there(id)).length,
    unknownLost: unknown.filter(({ id }) => !there(id)).length,
    clientErrors: broken.length,
    errors: countBy(broken.map(({ error }) => error ?? 'unknown')),
    duplicatePrimaries: evidence.length,
    duplicatePrimaryEvidence: evidence,
    consistent: lost.length + duplicates.length + invented.length + revived.length + evidence.length === 0,
  }
}

function answers(records: readonly { readonly ended?: number }[]): number[] {
  return records.flatMap(({ ended }) => (ended === undefined ? [] : [ended]))
}

function countBy(values: readonly string[]): Record<string, number> {
  const counts: Record<string, number> = {}
  for (const value of values) counts[value] = (counts[value] ?? 0) + 1
  return counts
}
