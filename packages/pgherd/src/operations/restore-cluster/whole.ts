import { setTimeout as sleep } from 'node:timers/promises'
import { observeCluster } from '../../cluster/observe-cluster.ts'
import { leaderKnown } from '../../cluster/wait-for.ts'
import { DiagnosticError, diagnose, mend, type Diagnostic } from '../../diagnostic/diagnostic.ts'
import type { ClusterView } from '../../plan/cluster-view.ts'
import { cloneProgress } from '../clone-progress.ts'
import { conditionOf, follows, waitsForStandby } from '../standby-fitness.ts'
import { waitUntil } from '../wait-until.ts'
import type { ClusterWork } from './members.ts'

/** From a clean shutdown to the lock takes a few loops of Patroni. */
const usualLeadMs = 120_000
/** The router finds the primary with its next check. */
const routeMs = 15_000
/** Without any movement for so long the cluster does not become whole by itself. */
const stillMs = 120_000

/** Waits until a member leads and the router leads to it. Throws DiagnosticError RESTORE_NOT_LED. */
export async function untilLeads(
  { access, signal }: ClusterWork,
  first: string,
  leadMs = usualLeadMs,
): Promise<void> {
  let seen: readonly string[] = []
  const view = await waitUntil(
    async () => {
      const now = await observeCluster(access)
      seen = leaderKnown(now)
      return seen.length === 0 && now.leader === first ? now : undefined
    },
    { ms: leadMs, signal },
  )
  if (!view) throw notLed(first, seen, leadMs)
  const led = ({ routes }: ClusterView) =>
    routes.length === 0 || routes.some(({ route, member, up }) => route === 'write' && member === first && up)
  await waitUntil(async () => led(await observeCluster(access)) || undefined, { ms: routeMs, signal })
}

/** What a restored cluster still waits for, in words; none when it is whole. Pure. */
export function missingOf(view: ClusterView): readonly string[] {
  const leader = view.members.find(({ name, role }) => name === view.leader && role === 'primary')
  if (!leader) return ['there is no primary']
  const others = view.members.filter((each) => each !== leader)
  const missing = others.flatMap((each) =>
    follows(each, leader)
      ? []
      : [
          each.role === 'unreachable'
            ? `${each.name} does not answer`
            : `${each.name} is ${conditionOf(each, leader)}`,
        ],
  )
  if (missing.length === 0 && others.length > 0 && waitsForStandby(view) && view.synchronous.length === 0)
    missing.push('no standby is synchronous')
  return missing
}

/**
 * Waits until every member streams on the timeline of the primary, for as long as anything moves; tells how far clones
 * are. Gives a finding when nothing does any more. Throws only the reason of the signal.
 */
export async function untilWhole(work: ClusterWork): Promise<Diagnostic | undefined> {
  const { access, sites, signal, report } = work
  let [until, before] = [performance.now() + stillMs, '']
  for (; ; await sleep(250, undefined, { signal })) {
    const view = await observeCluster(access, { signal })
    const missing = missingOf(view)
    if (missing.length === 0) return undefined
    const clone = await cloneProgress(sites)
    const streamed = clone?.streamedBytes ?? 0
    const share = clone?.totalBytes ? Math.min(1, streamed / clone.totalBytes) : undefined
    report(`waiting until all members stream: ${missing.join(', ')}`, share)
    const now = JSON.stringify([
      missing,
      streamed,
      view.members.map(({ state, lagBytes }) => [state, lagBytes]),
    ])
    if (now !== before) [until, before] = [performance.now() + stillMs, now]
    if (performance.now() > until) return notWhole(missing)
  }
}

function notLed(first: string, seen: readonly string[], leadMs: number): DiagnosticError {
  return new DiagnosticError(
    diagnose('RESTORE_NOT_LED', {
      detail: `${first} has the restored data and does not become the primary within ${leadMs / 1000} s: ${seen.join(', ') || 'another member leads'}; "pgherd logs patroni" says why. Nothing of the old cluster has been deleted`,
      mend: mend.run('pgherd', 'restore', '--undo'),
      at: { member: first },
    }),
  )
}

function notWhole(missing: readonly string[]): Diagnostic {
  return diagnose('RESTORE_NOT_WHOLE', {
    detail: `the restored primary takes writes, and nothing else moves: ${missing.join('; ')}. Read "pgherd logs patroni" for the reason (disk, network, memory), put it right and run pgherd up. The old cluster is kept: pgherd restore --undo brings it back`,
    mend: mend.run('pgherd', 'up'),
  })
}
