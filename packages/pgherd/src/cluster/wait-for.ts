import { setTimeout as sleep } from 'node:timers/promises'
import { DiagnosticError, diagnose, mend } from '../diagnostic/diagnostic.ts'
import type { ClusterView } from '../plan/cluster-view.ts'
import type { ClusterAccess } from './access.ts'
import { observeCluster } from './observe-cluster.ts'

/** What is still missing, in words; nothing when the condition holds. Pure. */
export type ClusterCondition = (view: ClusterView) => readonly string[]

/** Somebody holds the leader lock and runs as primary. */
export const leaderKnown: ClusterCondition = ({ leader, members }) =>
  leader !== undefined && members.some(({ name, role }) => name === leader && role === 'primary')
    ? []
    : ['there is no primary yet']

/** Every other member streams from it. */
export const allStreaming: ClusterCondition = (view) => [
  ...leaderKnown(view),
  ...view.members
    .filter(({ name, state }) => name !== view.leader && state !== 'streaming')
    .map(({ name, role, state }) =>
      role === 'unreachable' ? `${name} does not answer yet` : `${name} is ${state}`,
    ),
]

/** At least so many members hold every acknowledged write. */
export function synchronousStandbys(count: number): ClusterCondition {
  return ({ synchronous }) =>
    synchronous.length >= count
      ? []
      : [`${synchronous.length} of ${count} synchronous standbys are there yet`]
}

/** Every member that answers is on the timeline of the primary. */
export const oneTimeline: ClusterCondition = (view) => {
  const timeline = view.members.find(({ name }) => name === view.leader)?.timeline
  return [
    ...leaderKnown(view),
    ...view.members
      .filter((each) => each.role !== 'unreachable' && each.timeline !== timeline)
      .map(
        (each) =>
          `${each.name} is on timeline ${each.timeline ?? 'unknown'} and the primary on ${timeline ?? 'unknown'}`,
      ),
  ]
}

/** All of them. */
export function allOf(...conditions: readonly ClusterCondition[]): ClusterCondition {
  return (view) => [...new Set(conditions.flatMap((condition) => condition(view)))]
}

export interface WaitOptions {
  readonly deadlineMs: number
  readonly signal?: AbortSignal
  /** Between two looks, in milliseconds. */
  readonly pollMs?: number
  /** What is still missing, each time that changes. */
  readonly report?: (missing: readonly string[]) => void
}

/**
 * Looks at the cluster until a condition holds, and gives that view. Throws DiagnosticError CLUSTER_NOT_AS_AWAITED with
 * what is still missing when the deadline has passed, and the signal's reason.
 */
export async function waitForCluster(
  access: ClusterAccess,
  condition: ClusterCondition,
  { deadlineMs, signal, pollMs = 200, report }: WaitOptions,
): Promise<ClusterView> {
  const until = performance.now() + deadlineMs
  let told = ''
  for (;;) {
    const view = await observeCluster(access, signal ? { signal } : {})
    const missing = condition(view)
    if (missing.length === 0) return view
    if (performance.now() >= until) throw notInTime(missing, deadlineMs)
    if (told !== missing.join()) report?.(missing)
    told = missing.join()
    await sleep(pollMs, undefined, signal ? { signal } : {}).catch(() => signal?.throwIfAborted())
  }
}

function notInTime(missing: readonly string[], deadlineMs: number): DiagnosticError {
  return new DiagnosticError(
    diagnose('CLUSTER_NOT_AS_AWAITED', {
      detail: `after ${deadlineMs / 1000} s ${missing.join('; ')}`,
      mend: mend.run('pgherd', 'status'),
    }),
  )
}
