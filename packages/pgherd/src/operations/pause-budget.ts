import { failoverTiming, worstCase } from '../components/failover-timing.ts'
import { diagnose, mend, type Diagnostic } from '../diagnostic/diagnostic.ts'
import type { Spec } from '../spec/schema.ts'

/** What a pause of the pools may take, in milliseconds. */
export interface PauseBudget {
  /** How long open transactions may take to end. */
  readonly drainMs: number
  /** How long a standby may take to receive the rest, once nobody writes. */
  readonly catchUpMs: number
  /** How long there may be nobody who takes writes. */
  readonly newLeaderMs: number
  /** All of it: after this long the pools are resumed whatever happens. */
  readonly atMostMs: number
}

/** How long open transactions may take where nobody says otherwise. */
export const usualDrainMs = 5000
const catchUpMs = 5000
/** Shortest patience with a new primary, however short the clocks are. */
const leastLeaderMs = 20_000
/** Connecting to PgBouncer, pausing and resuming it, and what a busy machine is late by. */
const spareMs = 3000
/** Between the end of the longest pause and the moment a client would be turned away. */
const marginMs = 3000
/** How long a primary may take to come back in its place. */
const restartMs = 60_000

type Asked = Pick<Spec, 'pooler' | 'topology'>

/**
 * The pause of a switchover: everything it may wait for has its place in it, so that the pools are not resumed while the
 * primary changes, and all of it ends before clients are turned away (`pooler.queryWait`; 0 is never). Pure.
 *
 * @param patroniVersion of the installed Patroni; empty when it is not known
 */
export function switchoverBudget(
  { pooler: { queryWait }, topology }: Asked,
  patroniVersion: string,
  drainMs = usualDrainMs,
): { readonly budget: PauseBudget } | { readonly refused: readonly Diagnostic[] } {
  const stated = worstCase(failoverTiming(topology.failover, patroniVersion)).switchover * 1000
  const newLeaderMs = Math.max(leastLeaderMs, stated)
  const rest = catchUpMs + newLeaderMs + spareMs
  const atMostMs = drainMs + rest
  if (atMostMs <= longestPause(queryWait)) return { budget: { drainMs, catchUpMs, newLeaderMs, atMostMs } }
  const fits = Math.floor((longestPause(queryWait) - rest) / 1000)
  const needed = Math.ceil((atMostMs + marginMs) / 1000)
  return {
    refused: [
      diagnose('SWITCHOVER_DRAIN_TOO_LONG', {
        detail: `clients wait while transactions end (${drainMs / 1000} s) and for the new primary (up to ${rest / 1000} s), and are turned away with an error after pooler.queryWait, ${queryWait} s`,
        mend:
          fits >= 1
            ? mend.run('pgherd', 'switchover', '--drain', `${fits}s`)
            : mend.edit('pooler.queryWait', `${needed}s`),
        at: { path: 'pooler.queryWait' },
      }),
    ],
  }
}

/** The pause of a primary that is restarted in its place: the pools are resumed before clients are turned away. Pure. */
export function restartBudget({ pooler: { queryWait } }: Asked): Pick<PauseBudget, 'drainMs' | 'atMostMs'> {
  return {
    drainMs: usualDrainMs,
    atMostMs: Math.min(usualDrainMs + restartMs + spareMs, longestPause(queryWait)),
  }
}

function longestPause(queryWait: number): number {
  return queryWait === 0 ? Infinity : queryWait * 1000 - marginMs
}
