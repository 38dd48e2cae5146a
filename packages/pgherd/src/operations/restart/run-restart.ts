import { observeCluster } from '../../cluster/observe-cluster.ts'
import { PatroniApi } from '../../cluster/patroni-api.ts'
import { DiagnosticError, diagnose, mend } from '../../diagnostic/diagnostic.ts'
import type { ClusterView } from '../../plan/cluster-view.ts'
import { notBelowPrimary } from '../../plan/not-below-primary.ts'
import { memberNamed } from '../../topology/topology.ts'
import { hostOf, planOf, rowsOf, type ClusterOperation } from '../cluster-operation.ts'
import { restartBudget } from '../pause-budget.ts'
import { withPausedPools } from '../paused-pools.ts'
import { follows } from '../standby-fitness.ts'
import { waitUntil } from '../wait-until.ts'
import {
  decideRestart,
  type RestartAct,
  type RestartChanges,
  type RestartPlan,
  type RestartRequest,
} from './decide.ts'

export interface RestartOptions extends ClusterOperation {
  readonly request: RestartRequest
  /** Makes another member the primary (runSwitchover); passed in, since operations do not know each other. */
  readonly handOver: (to: string | undefined) => Promise<{ readonly to: string }>
  readonly approve?: (plan: RestartPlan) => Promise<void>
}

export interface RestartResult {
  /** In the order in which they were restarted. */
  readonly restarted: readonly string[]
  /** The primary afterwards. */
  readonly leader: string
  /** Members whose settings wait for a restart all the same. */
  readonly pendingRestart: readonly string[]
  readonly versions: Readonly<Record<string, string>>
}

const backMs = 120_000

/** What would be done. Throws DiagnosticError with the refusals. */
export async function planRestart({ access, sites, request }: RestartOptions): Promise<RestartPlan> {
  const view = await observeCluster(access)
  const changes = await pendingChanges(view, sites).catch(() => undefined)
  return planOf(decideRestart(view, request, changes))
}

/**
 * Restarts PostgreSQL member by member, each only when the one before streams again without falling behind. Clients of a
 * primary that is restarted in its place wait in the paused pools. Throws DiagnosticError, RESTART_INCOMPLETE among them.
 */
export async function runRestart(options: RestartOptions): Promise<RestartResult> {
  const plan = await planRestart(options)
  await options.approve?.(plan)
  const restarted: string[] = []
  for (const act of plan.acts) {
    if (act.do === 'hand-over') {
      // whoever is synchronous may have changed since the plan: the switchover finds the fittest
      await options.handOver(undefined)
      continue
    }
    options.report(`restarting ${act.member}`, restarted.length / plan.acts.length)
    await restartOne(options, act)
    restarted.push(act.member)
  }
  const { members, leader } = await observeCluster(options.access)
  return {
    restarted,
    leader: leader ?? '',
    pendingRestart: members.filter(({ pendingRestart }) => pendingRestart).map(({ name }) => name),
    versions: Object.fromEntries(
      members.flatMap(({ name, postgresVersion }) =>
        postgresVersion === undefined ? [] : [[name, postgresVersion]],
      ),
    ),
  }
}

async function restartOne(options: RestartOptions, act: RestartAct & { do: 'restart' }): Promise<void> {
  const { access, sites } = options
  const host = hostOf(sites, act.member)
  const startedAt = async () => String((await rowsOf(host, startQuery))[0]?.['started'])
  const before = await startedAt().catch(() => '')
  const restart = async () => {
    await new PatroniApi(access, memberNamed(access.topology, act.member), { timeoutMs: backMs }).restart({})
  }
  if (act.role === 'primary') {
    await host.sql('postgres', [{ text: 'CHECKPOINT', alone: true }])
    await withPausedPools(
      options,
      { operation: 'pgherd restart', ...restartBudget(access.topology.spec) },
      async () => {
        await restart()
        await back(options, act.member, before, startedAt)
      },
    )
  } else await restart()
  await back(options, act.member, before, startedAt)
}

const startQuery = 'SELECT pg_postmaster_start_time()::text AS started'

async function back(
  { access, signal }: RestartOptions,
  member: string,
  before: string,
  startedAt: () => Promise<string>,
): Promise<void> {
  let seen = 'it does not answer'
  const done = await waitUntil(
    async () => {
      const [started, view] = await Promise.all([startedAt(), observeCluster(access)])
      if (started === before) return void (seen = 'it still runs as before')
      const mine = view.members.find(({ name }) => name === member)
      const leader = view.members.find(({ name }) => name === view.leader)
      seen = `it is ${mine?.role ?? 'unknown'}, ${mine?.state ?? 'unknown'}`
      if (!mine || !leader) return undefined
      return mine === leader ? mine.state === 'running' || undefined : follows(mine, leader) || undefined
    },
    { ms: backMs, signal, pollMs: 300 },
  )
  if (done) return
  throw new DiagnosticError(
    diagnose('RESTART_INCOMPLETE', {
      detail: `${member} did not come back within ${backMs / 1000} s: ${seen}; the members after it were left alone`,
      mend: mend.run('pgherd', 'logs', 'patroni'),
      at: { member },
    }),
  )
}

/** What the leader has in force of the settings whose order matters, and what it has been told to have. */
async function pendingChanges(
  view: ClusterView,
  sites: RestartOptions['sites'],
): Promise<RestartChanges | undefined> {
  if (view.leader === undefined) return undefined
  const rows = await rowsOf(
    hostOf(sites, view.leader),
    `SELECT name, setting FROM pg_settings WHERE name IN (${notBelowPrimary.map((name) => `'${name}'`).join(', ')})`,
  )
  const postgresql = view.dynamicConfig?.['postgresql'] as
    { parameters?: Record<string, unknown> } | undefined
  return {
    inForce: Object.fromEntries(rows.map(({ name, setting }) => [String(name), setting])),
    wanted: postgresql?.parameters ?? {},
  }
}
