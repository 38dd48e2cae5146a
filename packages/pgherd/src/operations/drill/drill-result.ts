import { diagnose, mend, type Diagnostic } from '../../diagnostic/diagnostic.ts'
import type { Gap } from '../../ledger/longest-gap.ts'
import type { DuplicatePrimary } from '../../ledger/duplicate-primaries.ts'
import type { Verdict } from '../../ledger/judge.ts'
import type { Spec } from '../../spec/schema.ts'
import type { DrillCheck, Expectation } from './drill.ts'

/** Something that happened, in seconds from the fault. */
export interface DrillEvent {
  readonly seconds: number
  readonly what: string
}

/** What a drill measured; kept for good and given out with --json. Times are seconds. */
export interface DrillResult {
  readonly id: string
  readonly drill: string
  readonly member: string
  readonly startedAt: string
  readonly endedAt: string
  readonly writeGapSeconds: number
  readonly readGapSeconds: number
  readonly lostAcknowledgedWrites: number
  readonly clientErrors: number
  readonly duplicatePrimaries: number
  /** From the end of the fault until every member is back and streaming; null when that did not come true in time. */
  readonly fullRedundancySeconds: number | null
  readonly objectivesMet: boolean
  readonly acknowledgedWrites: number
  /** Ids of the acknowledged writes that are gone; the ledger tells when each was acknowledged. */
  readonly lostWrites: readonly string[]
  /** What the history checker says of all writes: as those of one set on one server. */
  readonly history: {
    readonly consistent: boolean
    readonly duplicated: number
    readonly invented: number
    readonly revived: number
  }
  readonly unknownWrites: { readonly kept: number; readonly lost: number }
  readonly errors: Readonly<Record<string, number>>
  readonly objectives: {
    readonly writeGapSeconds: number
    readonly readGapSeconds: number
    readonly lostAcknowledgedWrites: number
    readonly fullRedundancySeconds: number
  }
  /** The computed worst case for this fault. */
  readonly bound: { readonly writeGapSeconds: number; readonly basis: string }
  readonly checks: readonly DrillCheck[]
  readonly findings: readonly Diagnostic[]
  readonly events: readonly DrillEvent[]
  /** Gaps, in seconds from the fault. */
  readonly gaps: { readonly write: Gap; readonly read: Gap }
  readonly duplicatePrimaryEvidence: readonly DuplicatePrimary[]
  /** Where each acknowledged write is recorded. */
  readonly ledger: string
}

/** What a run measured, and what it is compared with. */
export interface Measured {
  readonly drill: string
  readonly verdict: Verdict
  readonly fullRedundancySeconds: number | null
  readonly expectation: Expectation
  readonly checks: readonly DrillCheck[]
}

/** Compares a run with the objectives of the spec and with the computed bound. Pure. */
export function compare(
  { objectives }: Spec['drills'],
  { drill, verdict, fullRedundancySeconds, expectation, checks }: Measured,
): readonly Diagnostic[] {
  const found: Diagnostic[] = []
  const show = (seconds: number) => `${seconds.toFixed(1)} s`
  const missed = (path: string, detail: string) =>
    found.push(
      diagnose('DRILL_OBJECTIVE_MISSED', {
        detail: `${drill}: ${detail}`,
        mend: mend.advice(
          'look at the events of the drill, choose a faster `topology.failover`, or a wider objective',
        ),
        at: { path: `drills.objectives.${path}` },
      }),
    )
  if (verdict.lostAcknowledgedWrites > objectives.lostWrites) {
    found.push(
      diagnose('DRILL_WRITES_LOST', {
        detail: `${verdict.lostAcknowledgedWrites} acknowledged writes are gone, ${objectives.lostWrites} may be: ${some(verdict.lost)}`,
        mend: mend.edit('topology.durability', 'sync'),
        at: { path: 'topology.durability' },
      }),
    )
  }
  const wrong = [...verdict.duplicates, ...verdict.invented, ...verdict.revived]
  if (wrong.length > 0) {
    found.push(
      diagnose('DRILL_HISTORY_WRONG', {
        detail: `${verdict.duplicates.length} writes are there twice, ${verdict.invented.length} were never sent, ${verdict.revived.length} had been refused: ${some(wrong)}`,
        mend: mend.advice('report this with the ledger of the drill: it must never happen'),
      }),
    )
  }
  for (const { detail } of verdict.duplicatePrimaryEvidence) {
    found.push(
      diagnose('DRILL_TWO_PRIMARIES', {
        detail: `${detail}; whoever writes past the router may be writing to the one that is thrown away`,
        mend: mend.run('pgherd', 'logs', 'fence'),
      }),
    )
  }
  if (verdict.writeGapSeconds > objectives.writeGap)
    missed(
      'writeGap',
      `no write succeeded for ${show(verdict.writeGapSeconds)}, the objective is ${show(objectives.writeGap)}`,
    )
  if (verdict.readGapSeconds > objectives.readGap)
    missed(
      'readGap',
      `no read succeeded for ${show(verdict.readGapSeconds)}, the objective is ${show(objectives.readGap)}`,
    )
  if (fullRedundancySeconds === null || fullRedundancySeconds > objectives.redundancy) {
    const took =
      fullRedundancySeconds === null ? 'did not come back in time' : `took ${show(fullRedundancySeconds)}`
    missed('redundancy', `full redundancy ${took}, the objective is ${show(objectives.redundancy)}`)
  }
  if (verdict.writeGapSeconds > expectation.writeGap) {
    found.push(
      diagnose('DRILL_ABOVE_BOUND', {
        detail: `${drill}: no write succeeded for ${show(verdict.writeGapSeconds)}, the computed worst case is ${show(expectation.writeGap)} (${expectation.basis})`,
        mend: mend.advice(
          'a machine that is busy or a network that is slow can do this; run the drill again',
        ),
      }),
    )
  }
  if (verdict.clientErrors > (expectation.clientErrors ?? Infinity))
    missed(
      'writeGap',
      `clients saw ${verdict.clientErrors} errors, ${expectation.clientErrors ?? 0} are expected`,
    )
  for (const { name, ok, detail } of checks) {
    if (ok) continue
    found.push(
      diagnose('DRILL_CHECK_FAILED', {
        detail: `${drill}: ${name}: ${detail}`,
        mend: mend.run('pgherd', 'status'),
      }),
    )
  }
  return found
}

function some(ids: readonly string[]): string {
  return ids.length <= 10 ? ids.join(', ') : `${ids.slice(0, 10).join(', ')} and ${ids.length - 10} more`
}
