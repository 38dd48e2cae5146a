import { observeCluster } from '../../cluster/observe-cluster.ts'
import { PatroniApi } from '../../cluster/patroni-api.ts'
import { DiagnosticError, diagnose, mend, type Diagnostic } from '../../diagnostic/diagnostic.ts'
import { homeOf, memberNamed } from '../../topology/topology.ts'
import { hostOf, rowsOf, type ClusterOperation } from '../cluster-operation.ts'
import { switchoverBudget, type PauseBudget } from '../pause-budget.ts'
import { withPausedPools } from '../paused-pools.ts'
import { follows } from '../standby-fitness.ts'
import { waitUntil } from '../wait-until.ts'
import { decideSwitchover, type SwitchoverPlan, type SwitchoverRequest } from './decide.ts'
import { openTransactions, replayLag } from './lag.ts'
import { forgetPrimary } from './router.ts'
import { waitForTime } from './wait-for-time.ts'
import { writableBehindRoute } from './writable.ts'

export interface SwitchoverOptions extends ClusterOperation {
  readonly request: SwitchoverRequest
  /** How long open transactions may take to end, in milliseconds. */
  readonly drainMs?: number
  /** Called with the plan before anything is touched or waited for; throws to refuse. */
  readonly approve?: (plan: SwitchoverPlan) => Promise<void>
  /** Keeps others from changing the database; called when it is time, so that a wait keeps nobody out. */
  readonly lock?: () => Disposable
}

export interface SwitchoverResult {
  readonly from: string
  readonly to: string
  /** How long clients waited, in milliseconds. */
  readonly pausedMs: number
  readonly findings: readonly Diagnostic[]
}

const rejoinMs = 90_000

/** What would be done, and in which time. Throws DiagnosticError with the refusals. */
async function decideNow(options: SwitchoverOptions): Promise<{ plan: SwitchoverPlan; budget: PauseBudget }> {
  const { access, request, now, drainMs } = options
  const { topology, programs } = access
  const decision = decideSwitchover(await observeCluster(access), request, now())
  const time = switchoverBudget(topology.spec, programs.patroni?.version ?? '', drainMs)
  const refused = [decision, time].flatMap((each) => ('refused' in each ? each.refused : []))
  if (refused.length > 0 || 'refused' in decision || 'refused' in time) throw new DiagnosticError(refused)
  return { plan: decision.plan, budget: time.budget }
}

/** What would be done. Throws DiagnosticError with the refusals. */
export async function planSwitchover(options: SwitchoverOptions): Promise<SwitchoverPlan> {
  return (await decideNow(options)).plan
}

/**
 * Makes another member the primary while the pools are paused, so that clients wait and do not fail, and gives back once
 * the new one takes writes through the write port and the former one follows it. A time to come is waited for here, and
 * everything decided anew then: Patroni's own schedule knows nothing of the pools. Throws DiagnosticError: the refusals,
 * SWITCHOVER_NOT_DRAINED and SWITCHOVER_NOT_CAUGHT_UP (nothing was changed), SWITCHOVER_FAILED, SWITCHOVER_INCOMPLETE.
 */
export async function runSwitchover(options: SwitchoverOptions): Promise<SwitchoverResult> {
  const first = await decideNow(options)
  await options.approve?.(first.plan)
  const { at, to } = options.request
  if (at === undefined) {
    using _lock = options.lock?.()
    return await changePrimary(options, first)
  }
  options.report(`waiting until ${at.toISOString()}; nothing is changed before, and Ctrl-C cancels it`)
  await waitForTime(at, options.now, options.signal)
  using _lock = options.lock?.()
  const request = to === undefined ? {} : { to }
  return await changePrimary(options, await decideNow({ ...options, request }))
}

async function changePrimary(
  options: SwitchoverOptions,
  { plan, budget }: { readonly plan: SwitchoverPlan; readonly budget: PauseBudget },
): Promise<SwitchoverResult> {
  const { sites, report } = options
  const { from, to, findings } = plan
  const primary = hostOf(sites, from)
  // asked of the primary itself: what Patroni has in etcd is up to loop_wait old
  if ((await replayLag(primary, to)) === undefined) throw notStreaming(from, to)
  report(`writing out a checkpoint on ${from}`)
  await primary.sql('postgres', [{ text: 'CHECKPOINT', alone: true }])
  report('pausing the pools')
  const { pausedMs } = await withPausedPools(
    options,
    { operation: 'pgherd switchover', ...budget },
    async () => {
      await caughtUp(options, from, to, budget.catchUpMs)
      report(`handing over from ${from} to ${to}`)
      await handOver(options, from, to, budget.newLeaderMs)
    },
  ).catch((error: unknown) => withBlockers(error, options, from))
  report(`waiting for ${from} to follow ${to}`)
  await whole(options, from, to)
  return { from, to, pausedMs, findings }
}

async function caughtUp(
  { sites, signal }: SwitchoverOptions,
  from: string,
  to: string,
  catchUpMs: number,
): Promise<void> {
  const primary = hostOf(sites, from)
  let behind: number | undefined
  const done = await waitUntil(
    async () => {
      behind = await replayLag(primary, to)
      return behind === 0 ? true : undefined
    },
    { ms: catchUpMs, signal, pollMs: 20 },
  )
  if (done) return
  throw new DiagnosticError(
    diagnose('SWITCHOVER_NOT_CAUGHT_UP', {
      detail: `${to} is ${behind === undefined ? 'not streaming any more' : `${behind} bytes of WAL behind`} after ${catchUpMs / 1000} s without writes; ${from} stays the primary`,
      mend: mend.advice('look at the disk and the network of the standby, or name another member'),
      at: { member: to },
    }),
  )
}

/**
 * Asks Patroni and looks for the new primary at the same time: the answer of Patroni comes up to a second later than the
 * fact. Its refusal ends the wait at once. One time for both, the promotion and the route: the pools wait for their sum.
 */
async function handOver(
  { access, sites, signal }: SwitchoverOptions,
  from: string,
  to: string,
  newLeaderMs: number,
): Promise<void> {
  const until = performance.now() + newLeaderMs
  const target = memberNamed(access.topology, to)
  const stop = new AbortController()
  const both = AbortSignal.any([signal, stop.signal])
  let answer: unknown
  const asked = new PatroniApi(access, memberNamed(access.topology, from), { timeoutMs: newLeaderMs })
    .switchover({ leader: from, candidate: to })
    .catch((error: unknown) => {
      answer = error
      // a connection that breaks says nothing: the old primary is on its way down
      if (isRefusal(error)) stop.abort()
    })
  const patience = () => ({ ms: until - performance.now(), signal: both, pollMs: 30 })
  const isPrimary = async () =>
    (await rowsOf(hostOf(sites, to), 'SELECT pg_is_in_recovery() AS standby'))[0]?.['standby'] === false ||
    undefined
  const leads = async () => (await writableBehindRoute(access)) === target.address || undefined
  try {
    if (await waitUntil(isPrimary, patience())) {
      await forgetPrimary(homeOf(access.topology), from)
      if (await waitUntil(leads, patience())) return
    }
  } catch (error) {
    if (signal.aborted) throw error
  }
  await asked
  throw new DiagnosticError(
    diagnose('SWITCHOVER_FAILED', {
      detail: `${to} does not take writes through the write port: ${answer instanceof Error ? answer.message : 'no answer within ' + String(newLeaderMs / 1000) + ' s'}`,
      mend: mend.run('pgherd', 'status'),
      at: { member: to },
    }),
    { cause: answer },
  )
}

/** Patroni itself said no, as against a connection that broke or an outcome it did not wait for. */
function isRefusal(error: unknown): boolean {
  return (
    error instanceof DiagnosticError &&
    error.diagnostics.some(
      ({ code, detail }) => code === 'PATRONI_REFUSED' && !detail.includes('status unknown'),
    )
  )
}

async function whole({ access, signal }: SwitchoverOptions, from: string, to: string): Promise<void> {
  let seen = 'nothing is known of it'
  const done = await waitUntil(
    async () => {
      const view = await observeCluster(access)
      const [leader, former] = [to, from].map((name) => view.members.find((member) => member.name === name))
      seen = `${from} is ${former?.role ?? 'unknown'}, ${former?.state ?? 'unknown'}`
      // the others come over to the new timeline by themselves; one that was away before is not waited for
      const others = view.members.every((each) => each.state !== 'streaming' || follows(each, leader))
      const done = view.leader === to && leader?.role === 'primary' && former && follows(former, leader)
      return (done && others) || undefined
    },
    { ms: rejoinMs, signal, pollMs: 500 },
  )
  if (done) return
  throw new DiagnosticError(
    diagnose('SWITCHOVER_INCOMPLETE', {
      detail: `${to} is the primary and takes writes, but after ${rejoinMs / 1000} s ${seen}`,
      mend: mend.run('pgherd', 'up'),
      at: { member: from },
    }),
  )
}

function notStreaming(from: string, to: string): DiagnosticError {
  return new DiagnosticError(
    diagnose('SWITCHOVER_TARGET_UNFIT', {
      detail: `${to} cannot take over: ${from} sends it no WAL at this moment`,
      mend: mend.advice('wait until pgherd status shows it streaming without lag, or name another member'),
      at: { member: to },
    }),
  )
}

/** A pause that was called off says who was in the way. */
async function withBlockers(error: unknown, { sites }: SwitchoverOptions, from: string): Promise<never> {
  if (!(error instanceof DiagnosticError) || !error.diagnostics.some(({ code }) => code === drainCode))
    throw error
  const blockers = await openTransactions(hostOf(sites, from), 1).catch(() => [])
  const named = blockers.map(
    ({ pid, user, database, application, state, seconds }) =>
      `${user} on ${database}${application === '' ? '' : ` (${application})`}, ${state}, open for ${seconds} s, pid ${pid}`,
  )
  throw new DiagnosticError(
    diagnose('SWITCHOVER_NOT_DRAINED', {
      detail: `transactions did not end in time, so the pools were resumed and ${from} stays the primary. ${named.join('; ') || 'They have ended meanwhile'}`,
      mend: mend.advice(
        'wait for these transactions or end them, then run it again; --drain gives them longer',
      ),
      at: { member: from },
    }),
    { cause: error },
  )
}

/** What PoolerAdmin throws when open transactions outlast the deadline of PAUSE. */
const drainCode: string = 'POOLS_BUSY'
