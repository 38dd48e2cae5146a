import { setTimeout as sleep } from 'node:timers/promises'
import { applyPlan } from '../apply/apply.ts'
import { Journal } from '../apply/journal.ts'
import { writeApplied } from '../apply/applied-state.ts'
import type { ApplyTools } from '../apply/executor.ts'
import { observe } from '../apply/observe.ts'
import { DiagnosticError, diagnose, mend, type Diagnostic } from '../diagnostic/diagnostic.ts'
import type { ClusterView } from '../plan/cluster-view.ts'
import { isUp, type Observed } from '../plan/observed.ts'
import { decideCluster } from '../plan/decide-cluster.ts'
import type { Plan, Step } from '../plan/plan.ts'
import type { Wanted } from '../plan/wanted.ts'
import type { Member } from '../topology/topology.ts'
import { byMember, phasesOf, takesServerAway, type Phase } from './phases.ts'
import type { HealingResult } from './rejoin/heal-members.ts'
import { restartOrder } from './restart-order.ts'
import { unsettled } from './settled.ts'

/** One member and the means to change it. */
export interface UpSite {
  readonly wanted: Wanted
  readonly member: Member
  readonly tools: ApplyTools
}

export interface UpOptions {
  /** Every member; one for a single server. */
  readonly sites: readonly UpSite[]
  /** The cluster as a whole; absent for a single server. */
  readonly cluster?: {
    observe(): Promise<ClusterView>
    etcdHasQuorum(): Promise<boolean>
    /** Members that a primary streams to, by one question to it; undefined when it does not answer. */
    followers(primary: string): Promise<readonly string[] | undefined>
    /** Returns when every member has taken up a changed dynamic configuration, and says what waits for a restart. */
    configTakenUp(signal: AbortSignal): Promise<void>
    /** Does what takes the primary away for a moment while clients wait (operations/clients-wait.ts). */
    whileClientsWait(what: string, work: () => Promise<void>, signal: AbortSignal): Promise<void>
    /** One round of the rejoin ladder for members that are waited for, the first without what was remembered. */
    heal?(view: ClusterView): Promise<HealingResult>
  }
  /** Servers are being added or removed: for `scale` alone. */
  readonly membersChange?: boolean
  readonly signal: AbortSignal
  readonly now: () => Date
  /** Called with each plan before it is carried out; throws to refuse. */
  approve(plan: Plan, round: number): Promise<void>
  onStep(step: Step, phase: 'begin' | 'done'): void
  /** What is waited for, when it changes. */
  onWait?(what: string): void
  /** How long nothing may move, in milliseconds: a server that replays much WAL takes its time. */
  readonly patienceMs?: number
}

export interface UpResult {
  readonly steps: readonly Step[]
  readonly findings: readonly Diagnostic[]
}

/** Everything that was seen at one moment. */
interface Seen {
  readonly observed: ReadonlyMap<string, Observed>
  readonly view: ClusterView | undefined
  readonly plan: Plan
}

/**
 * A stopped server shows its roles only after it runs, and a reset setting may need a restart: so
 * the state is reached in rounds. More than these would mean that two steps undo each other.
 */
const mostRounds = 6

/**
 * Brings all members to their declared state: observe, decide, apply, and again until there is nothing to
 * do. What is reported as done has been observed afterwards. Throws DiagnosticError.
 */
export async function bringUp(options: UpOptions): Promise<UpResult> {
  const steps: Step[] = []
  for (let round = 0; round < mostRounds; round++) {
    const seen = await lookAt(options)
    const { plan, observed } = seen
    if (plan.steps.length === 0) {
      for (const site of options.sites) {
        // what an interrupted run owed is done as well, or it would be in the plan
        Journal.settle(site.member.paths.journal)
        const found = observed.get(site.member.name)
        if (found) await recordApplied(site, found, options)
      }
      return { steps, findings: plan.findings }
    }
    await options.approve(plan, round)
    await carryOut(seen, options)
    steps.push(...plan.steps)
  }
  const { plan } = await look(options)
  throw new DiagnosticError(
    diagnose('PLAN_NOT_REACHED', {
      detail: `after ${mostRounds} rounds these steps remain: ${plan.steps.map(({ title, because }) => `${title} (${because})`).join('; ')}`,
      mend: mend.run('pgherd', 'logs', options.cluster ? 'patroni' : 'postgres'),
    }),
  )
}

/** Looks at every member and decides what is left to do. */
export async function look({
  sites,
  cluster,
  membersChange = false,
}: Pick<UpOptions, 'sites' | 'cluster' | 'membersChange'>): Promise<Seen> {
  const view = cluster && (await cluster.observe())
  const observed = await Promise.all(
    sites.map(async ({ wanted, tools, member }) => {
      const found = await observe(wanted, tools.observer, member)
      return { wanted, observed: view ? inCluster(found, view, member.name) : found }
    }),
  )
  return {
    observed: new Map(observed.map((each) => [each.wanted.member, each.observed])),
    view,
    plan: decideCluster(observed, { membersChange }),
  }
}

/** Until Patroni has finished its bootstrap it makes roles itself: what is there is no ground for a plan yet. */
function inCluster(observed: Observed, cluster: ClusterView, member: string): Observed {
  if (observed.server.state !== 'running' || cluster.leader === member) return { ...observed, cluster }
  return { ...observed, cluster, server: { state: 'unreachable', why: 'it does not lead the cluster yet' } }
}

/**
 * What is there and what is left to do. A server that runs and is silent holds what cannot be compared, and a cluster
 * finds its primary by itself, so both are waited for as long as something moves. Throws DiagnosticError
 * POSTGRES_UNREACHABLE or CLUSTER_NOT_WHOLE when nothing does and there is nothing else to do.
 */
async function lookAt(options: UpOptions): Promise<Seen> {
  const { signal, patienceMs = 60_000 } = options
  let [until, before, told] = [performance.now() + patienceMs, '', '']
  for (;;) {
    signal.throwIfAborted()
    const seen = await look(options)
    if (seen.plan.steps.length > 0) return seen
    const waiting = waitingFor(seen)
    if (waiting.length === 0) return seen
    const healing = seen.view && (await options.cluster?.heal?.(seen.view))
    const moving = JSON.stringify([
      waiting,
      seen.view?.members.map(({ state, lagBytes }) => [state, lagBytes]),
      // a clone changes no state for long, but grows
      Object.values(healing?.troubles ?? {}).map(({ attempts, sign }) => [attempts, sign]),
    ])
    if (moving !== before) [until, before] = [performance.now() + patienceMs, moving]
    const words = waiting.join(', ')
    if (words !== told) options.onWait?.(words)
    told = words
    for (const act of healing?.acts ?? [])
      if (act.do === 'reinitialize') options.onWait?.(`${act.member} is cloned anew: ${act.because}`)
    if (performance.now() > until) throw notWhole(seen, words, healing?.findings)
    await pauseBetweenLooks(seen, options)
  }
}

/**
 * A whole look takes a third of a second of both cores here, which a clone has use for. So while members are waited for
 * that do not stream, the primary alone is asked whether they do, for four seconds at most. It is asked rather than
 * they: Patroni answers for a server that is just starting only a second or two later.
 */
async function pauseBetweenLooks({ view }: Seen, { cluster, signal }: UpOptions): Promise<void> {
  const awaited =
    view?.members.filter(({ name, state }) => name !== view.leader && state !== 'streaming') ?? []
  const until = performance.now() + (awaited.length > 0 ? 4000 : 0)
  do {
    await sleep(250)
    const followers = view?.leader === undefined ? undefined : await cluster?.followers(view.leader)
    if (!followers || awaited.every(({ name }) => followers.includes(name))) return
  } while (performance.now() < until && !signal.aborted)
}

function waitingFor({ view, observed }: Seen): readonly string[] {
  const silent = [...observed].flatMap(([member, { server }]) =>
    server.state === 'unreachable' ? [`${member} does not answer: ${server.why}`] : [],
  )
  return view ? unsettled(view) : silent
}

function notWhole({ plan, view }: Seen, waiting: string, stuck: readonly Diagnostic[] = []): DiagnosticError {
  const silent = plan.findings.filter(({ code }) => code === 'POSTGRES_UNREACHABLE')
  if (!view) return new DiagnosticError(silent)
  return new DiagnosticError([
    diagnose('CLUSTER_NOT_WHOLE', {
      detail: `nothing moves any more, and ${waiting}`,
      mend: mend.run('pgherd', 'logs', 'patroni'),
    }),
    ...stuck,
  ])
}

async function carryOut({ plan, view, observed }: Seen, options: UpOptions): Promise<void> {
  const { sites, cluster } = options
  const [only] = sites
  if (!cluster && only) return applySteps(only, plan, options)
  const home = sites.find(({ member }) => member.kind !== 'server')?.member.name ?? ''
  const order = restartOrder(
    sites.map(({ member }) => member.name),
    view?.leader,
    limitsOf(observed.get(view?.leader ?? '')),
    parametersOf(sites.find(({ wanted }) => wanted.dynamicConfig)?.wanted.dynamicConfig),
  )
  for (const phase of phasesOf(plan, home, order)) {
    if (phase.needs === 'etcd')
      await waitUntil(() => cluster?.etcdHasQuorum() ?? Promise.resolve(true), options)
    await carryOutPhase(plan, phase, options)
  }
}

function limitsOf(observed: Observed | undefined): Readonly<Record<string, string>> {
  return observed && isUp(observed.server) ? (observed.server.limits ?? {}) : {}
}

/** PostgreSQL's parameters within Patroni's dynamic configuration. */
function parametersOf(config: Wanted['dynamicConfig']): Readonly<Record<string, unknown>> {
  const postgresql = config?.['postgresql'] as { parameters?: Record<string, unknown> } | undefined
  return postgresql?.parameters ?? {}
}

async function carryOutPhase(plan: Plan, { steps, oneByOne }: Phase, options: UpOptions): Promise<void> {
  const groups = [...byMember(steps)].flatMap(([name, mine]) => {
    const site = options.sites.find(({ member }) => member.name === name)
    return site ? [{ site, plan: { ...plan, steps: mine } }] : []
  })
  if (oneByOne) {
    for (const { site, plan: mine } of groups) {
      // never two at once: the next one goes when the cluster is whole again
      await waitUntil(async () => unsettled(await viewOf(options)).length === 0, options)
      await interrupt(site, mine, options)
    }
    return
  }
  const results = await Promise.allSettled(
    groups.map(({ site, plan: mine }) => applySteps(site, mine, options)),
  )
  for (const result of results) if (result.status === 'rejected') throw result.reason
  // once for all changes: it takes two loops of Patroni
  if (steps.some(({ action }) => action.do === 'patch-dynamic-config'))
    await options.cluster?.configTakenUp(options.signal)
}

/** Clients wait for a primary that goes; of a standby that goes they notice nothing that a pause would spare them. */
async function interrupt(site: UpSite, plan: Plan, options: UpOptions): Promise<void> {
  const { member, tools } = site
  const apply = () => applySteps(site, plan, options)
  const takesServer = plan.steps.find(takesServerAway)
  if (!takesServer || !options.cluster || (await viewOf(options)).leader !== member.name) return apply()
  // it then stops faster; one that does not answer has nothing to write out
  await tools.host.sql('postgres', [{ text: 'CHECKPOINT', alone: true }]).catch(() => undefined)
  await options.cluster.whileClientsWait(takesServer.title, apply, options.signal)
}

async function viewOf({ cluster }: UpOptions): Promise<ClusterView> {
  if (!cluster) throw new Error('a single server has no cluster to look at')
  return cluster.observe()
}

/** Waits as long as patience allows; what comes then says best what is wrong. */
async function waitUntil(
  condition: () => Promise<boolean>,
  { signal, patienceMs = 60_000 }: UpOptions,
): Promise<void> {
  for (const until = performance.now() + patienceMs; performance.now() < until; await sleep(100)) {
    signal.throwIfAborted()
    if (await condition()) return
  }
}

function applySteps({ tools, member }: UpSite, plan: Plan, options: UpOptions): Promise<void> {
  return applyPlan(plan, {
    tools,
    journalDirectory: member.paths.journal,
    signal: options.signal,
    now: options.now,
    onStep: (step, phase) => options.onStep(step, phase),
  })
}

async function recordApplied(
  { wanted, member, tools }: UpSite,
  observed: Observed,
  { now }: UpOptions,
): Promise<void> {
  if (observed.data.state !== 'cluster' && wanted.data)
    throw new Error('a plan without steps needs a data directory')
  const files = Object.fromEntries(wanted.files.map(({ path, digest }) => [path, digest]))
  const applied = {
    ...(observed.data.state === 'cluster' ? { systemId: observed.data.systemId } : {}),
    files,
    objects: wanted.objects,
    ...(wanted.servers ? { servers: wanted.servers.map(({ name, address }) => ({ name, address })) } : {}),
    ...(wanted.dynamicConfig ? { dynamicConfig: wanted.dynamicConfig } : {}),
  }
  const { at: _at, ...before } = observed.applied ?? { at: '' }
  if (JSON.stringify(before) === JSON.stringify(applied)) return
  await writeApplied(tools.host, member.paths.state, { at: now().toISOString(), ...applied })
}
