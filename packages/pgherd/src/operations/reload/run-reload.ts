import { observeCluster } from '../../cluster/observe-cluster.ts'
import { PatroniApi } from '../../cluster/patroni-api.ts'
import { DiagnosticError, diagnose, mend, type Diagnostic } from '../../diagnostic/diagnostic.ts'
import type { ClusterView } from '../../plan/cluster-view.ts'
import { memberNamed } from '../../topology/topology.ts'
import { hostOf, planOf, rowsOf, type ClusterOperation } from '../cluster-operation.ts'
import { waitUntil } from '../wait-until.ts'
import { decideReload, type ReloadPlan } from './decide.ts'

export interface ReloadOptions extends ClusterOperation {
  readonly approve?: (plan: ReloadPlan) => Promise<void>
}

export interface ReloadResult {
  readonly reloaded: readonly string[]
  /** Members with settings that only a restart brings into force. */
  readonly pendingRestart: readonly string[]
  readonly findings: readonly Diagnostic[]
}

const readMs = 20_000

export async function planReload({ access }: ReloadOptions): Promise<ReloadPlan> {
  return planOf(decideReload(await observeCluster(access)))
}

/**
 * Has every member read its configuration again, Patroni's and PostgreSQL's; gives back once PostgreSQL of each says that it
 * has. Throws DiagnosticError, RESTART_INCOMPLETE when one does not.
 */
export async function runReload(options: ReloadOptions): Promise<ReloadResult> {
  const { access, sites, signal } = options
  const plan = await planReload(options)
  await options.approve?.(plan)
  await Promise.all(
    plan.members.map(async (name) => {
      const host = hostOf(sites, name)
      const loadedAt = async () =>
        String((await rowsOf(host, 'SELECT pg_conf_load_time()::text AS at'))[0]?.['at'])
      const before = await loadedAt()
      await new PatroniApi(access, memberNamed(access.topology, name)).reload()
      // Patroni signals PostgreSQL only when it finds a difference; certificates change without one
      await host.sql('postgres', [{ text: 'SELECT pg_reload_conf()' }])
      const done = await waitUntil(async () => ((await loadedAt()) === before ? undefined : true), {
        ms: readMs,
        signal,
      })
      if (!done) throw notRead(name)
    }),
  )
  const pendingRestart = await settledFlags(options, plan.members)
  return { reloaded: plan.members, pendingRestart, findings: plan.findings }
}

/** Patroni compares and sets the flags in its next loop; two looks alike, a loop apart, are taken for the result. */
async function settledFlags(
  { access, signal }: ReloadOptions,
  members: readonly string[],
): Promise<readonly string[]> {
  const view = await observeCluster(access)
  let last = flagged(view)
  const loopMs = Math.min(Number(view.dynamicConfig?.['loop_wait'] ?? 10), 10) * 1000
  await waitUntil(
    async () => {
      const now = flagged(await observeCluster(access))
      const same = now.join() === last.join()
      last = now
      return same || undefined
    },
    { ms: loopMs * 2, signal, pollMs: Math.min(loopMs, 2000) },
  )
  return last.filter((name) => members.includes(name))
}

function flagged(view: ClusterView): readonly string[] {
  return view.members.filter(({ pendingRestart }) => pendingRestart).map(({ name }) => name)
}

function notRead(member: string): DiagnosticError {
  return new DiagnosticError(
    diagnose('RESTART_INCOMPLETE', {
      detail: `PostgreSQL of ${member} did not read its configuration again within ${readMs / 1000} s; a mistake in it stands in its log`,
      mend: mend.run('pgherd', 'logs', 'patroni'),
      at: { member },
    }),
  )
}
