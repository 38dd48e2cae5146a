import type { ClusterAccess } from '../../cluster/access.ts'
import { observeCluster } from '../../cluster/observe-cluster.ts'
import { PatroniApi } from '../../cluster/patroni-api.ts'
import { DiagnosticError, diagnose, mend } from '../../diagnostic/diagnostic.ts'
import { memberNamed } from '../../topology/topology.ts'
import { planOf, type ClusterOperation } from '../cluster-operation.ts'
import { waitUntil } from '../wait-until.ts'
import { decidePause, decideUnpause, type PausePlan } from './decide.ts'
import { readPauseRecord, removePauseRecord, writePauseRecord } from './pause-record.ts'

export interface PauseOptions extends ClusterOperation {
  /** How long automation stays paused, in seconds; left out: it goes on now. */
  readonly forSeconds?: number
}

const takenMs = 40_000

/** What would be done. Throws DiagnosticError with the refusals. */
export async function planPause({ access, forSeconds, now }: PauseOptions): Promise<PausePlan> {
  const view = await observeCluster(access)
  return planOf(forSeconds === undefined ? decideUnpause(view) : decidePause(view, forSeconds, now()))
}

/**
 * Pauses automation for a while, or lets it go on. The end is on record before the pause begins, so that no crash leaves a
 * pause without an end: the agent takes it back (`expirePause`). Gives back once Patroni says so. Throws DiagnosticError.
 */
export async function runPause(options: PauseOptions): Promise<PausePlan> {
  const { access, now, signal } = options
  const plan = await planPause(options)
  if (plan.until === undefined) {
    if (plan.steps.length > 0) await setPaused(access, false, signal)
    removePauseRecord(access.topology)
    return plan
  }
  writePauseRecord(access.topology, { since: now().toISOString(), until: plan.until })
  await setPaused(access, true, signal)
  return plan
}

/**
 * For the agent's loop: lets automation go on when the time is over. Forgets a record whose pause somebody else has ended
 * already. Gives true when it ended a pause. Throws DiagnosticError when Patroni does not take it; call it again then.
 */
export async function expirePause(
  access: ClusterAccess,
  now: Date,
  signal: AbortSignal = AbortSignal.timeout(takenMs),
): Promise<boolean> {
  const record = readPauseRecord(access.topology)
  if (!record || Date.parse(record.until) > now.getTime()) return false
  const { paused, members } = await observeCluster(access)
  // nobody answers: whether it is paused is not known
  if (members.every(({ role }) => role === 'unreachable')) return false
  if (paused) await setPaused(access, false, signal)
  // somebody may have paused it anew meanwhile, with another end
  if (readPauseRecord(access.topology)?.until === record.until) removePauseRecord(access.topology)
  return paused
}

async function setPaused(access: ClusterAccess, paused: boolean, signal: AbortSignal): Promise<void> {
  const view = await observeCluster(access)
  const teller = view.members.find(({ role }) => role !== 'unreachable')
  if (teller) {
    // null takes the key out (Patroni REST API, "PATCH /config")
    await new PatroniApi(access, memberNamed(access.topology, teller.name)).patchConfig({
      pause: paused ? true : null,
    })
    const look = async () => ((await observeCluster(access)).paused === paused ? true : undefined)
    if (await waitUntil(look, { ms: takenMs, signal, pollMs: 300 })) return
  }
  throw new DiagnosticError(
    diagnose('AUTOMATION_STUCK', {
      detail: `after ${takenMs / 1000} s Patroni still says that automation is ${paused ? 'not paused' : 'paused'}`,
      mend: mend.run('pgherd', 'logs', 'patroni'),
    }),
  )
}
