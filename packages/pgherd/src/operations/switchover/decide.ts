import { diagnose, mend, type Diagnostic } from '../../diagnostic/diagnostic.ts'
import type { ClusterView, MemberView } from '../../plan/cluster-view.ts'
import { follows, unfitness } from '../standby-fitness.ts'
import type { Decision, OperationPlan, OperationStep } from '../operation-plan.ts'

export interface SwitchoverRequest {
  /** The member that is to be the primary; left out: the fittest standby. */
  readonly to?: string
  /** When it is to be done; left out: now. */
  readonly at?: Date
}

export interface SwitchoverPlan extends OperationPlan {
  readonly operation: 'switchover'
  readonly from: string
  readonly to: string
  /** What is waited for first, RFC 3339; absent when it is done now. */
  readonly at?: string
}

/** Most WAL a standby may be behind when it is chosen, in bytes: what it catches up with while the pools are paused. */
const lagLimit = 16 * 2 ** 20

/** Whether and how the primary changes. Pure. */
export function decideSwitchover(
  view: ClusterView,
  request: SwitchoverRequest,
  now: Date,
): Decision<SwitchoverPlan> {
  const leader = view.members.find(({ name, role }) => name === view.leader && role === 'primary')
  const refused: Diagnostic[] = [...clusterRefusals(view, leader), ...timeRefusals(request, now)]
  const target = leader && chooseTarget(view, request.to)
  if (target && 'refused' in target) refused.push(...target.refused)
  if (refused.length > 0 || !leader || !target || 'refused' in target) return { refused }
  const [from, to] = [leader.name, target.to]
  const at = request.at?.toISOString()
  return {
    plan: {
      operation: 'switchover',
      from,
      to,
      ...(at === undefined ? {} : { at }),
      steps: [...(at === undefined ? [] : [waitStep(at)]), ...stepsNow(from, to)],
      findings: awayFindings(view, [from, to]),
    },
  }
}

function clusterRefusals(view: ClusterView, leader: MemberView | undefined): Diagnostic[] {
  const refused: Diagnostic[] = []
  if (!view.etcd.quorum)
    refused.push(
      diagnose('ETCD_NO_QUORUM', {
        detail: 'a majority of etcd does not answer, and without it nobody can become the primary',
        mend: mend.run('pgherd', 'status'),
      }),
    )
  if (!leader)
    refused.push(
      diagnose('LEADER_MISSING', {
        detail: view.leader
          ? `${view.leader} holds the leader lock and does not answer as a primary, so there is nobody to hand over`
          : 'no member is primary at this moment, so there is nobody to hand over',
        mend: mend.advice('wait for the failover; if none comes, name a member: pgherd failover --to MEMBER'),
      }),
    )
  if (view.paused)
    refused.push(
      diagnose('AUTOMATION_PAUSED', {
        detail:
          'Patroni makes no changes while automation is paused, and would not heal what goes wrong on the way',
        mend: mend.run('pgherd', 'unpause'),
      }),
    )
  return refused
}

function timeRefusals({ at }: SwitchoverRequest, now: Date): Diagnostic[] {
  if (!at || at.getTime() > now.getTime()) return []
  return [
    diagnose('SWITCHOVER_TIME_PAST', {
      detail: `--at is ${at.toISOString()}, and it is ${now.toISOString()} already`,
      mend: mend.advice('name a time to come, or leave --at out'),
    }),
  ]
}

function chooseTarget(
  view: ClusterView,
  to: string | undefined,
): { readonly to: string } | { readonly refused: Diagnostic[] } {
  const standbys = view.members.filter(({ name }) => name !== view.leader)
  if (to !== undefined) {
    if (to === view.leader)
      return refuse(
        'SWITCHOVER_TARGET_IS_LEADER',
        `${to} is the primary already`,
        mend.run('pgherd', 'status'),
        to,
      )
    const member = standbys.find(({ name }) => name === to)
    if (!member)
      return refuse(
        'MEMBER_UNKNOWN',
        `there is no member "${to}"; the standbys are ${standbys.map(({ name }) => name).join(', ')}`,
        mend.run('pgherd', 'status'),
      )
    const why = unfitness(view, member, lagLimit)
    if (why === undefined) return { to }
    return refuse('SWITCHOVER_TARGET_UNFIT', `${to} cannot take over: ${why}`, targetMend(view, member), to)
  }
  const candidates = standbys
    .filter((member) => unfitness(view, member, lagLimit) === undefined)
    .toSorted(
      (a, b) =>
        Number(view.synchronous.includes(b.name)) - Number(view.synchronous.includes(a.name)) ||
        (a.lagBytes ?? 0) - (b.lagBytes ?? 0) ||
        a.name.localeCompare(b.name),
    )
  const [best] = candidates
  if (best) return { to: best.name }
  const reasons = standbys.map((member) => `${member.name}: ${unfitness(view, member, lagLimit) ?? ''}`)
  return refuse(
    'SWITCHOVER_TARGET_UNFIT',
    `no standby can take over. ${reasons.join('; ') || 'There is none'}`,
    mend.run('pgherd', 'status'),
  )
}

/** A standby that only lacks being synchronous does not become so by waiting: Patroni chooses. */
function targetMend(view: ClusterView, member: MemberView): Diagnostic['mend'] {
  const leader = view.members.find(({ name }) => name === view.leader)
  const [chosen] = view.synchronous.filter((name) => name !== view.leader)
  if (chosen !== undefined && chosen !== member.name && follows(member, leader))
    return mend.run('pgherd', 'switchover', '--to', chosen)
  return mend.advice('wait until pgherd status shows it streaming without lag, or name another member')
}

function refuse(
  code: 'SWITCHOVER_TARGET_IS_LEADER' | 'MEMBER_UNKNOWN' | 'SWITCHOVER_TARGET_UNFIT',
  detail: string,
  how: Diagnostic['mend'],
  member?: string,
): { readonly refused: Diagnostic[] } {
  return {
    refused: [diagnose(code, { detail, mend: how, ...(member === undefined ? {} : { at: { member } }) })],
  }
}

function awayFindings(view: ClusterView, concerned: readonly string[]): Diagnostic[] {
  return view.members
    .filter(({ name, role }) => role === 'unreachable' && !concerned.includes(name))
    .map(({ name }) =>
      diagnose('MEMBER_AWAY', {
        detail: `${name} does not answer, so after the switchover there is one standby less to fall back on`,
        mend: mend.run('pgherd', 'up'),
        at: { member: name },
      }),
    )
}

function stepsNow(from: string, to: string): readonly OperationStep[] {
  return [
    {
      title: 'write out a checkpoint',
      because: 'the primary then shuts down faster',
      impact: 'nothing',
      member: from,
    },
    {
      title: 'pause the pools',
      because: 'clients wait for a moment instead of failing',
      impact: 'switchover',
    },
    {
      title: `wait until ${to} has everything`,
      because: 'no write may be lost',
      impact: 'nothing',
      member: to,
    },
    { title: `hand over from ${from} to ${to}`, because: 'asked for', impact: 'switchover', member: to },
    { title: 'resume the pools', because: 'the new primary takes writes', impact: 'nothing' },
    {
      title: `wait until ${from} follows`,
      because: 'only then is the cluster whole',
      impact: 'nothing',
      member: from,
    },
  ]
}

function waitStep(at: string): OperationStep {
  return {
    title: `wait here until ${at}`,
    because: 'asked for; whoever is fittest then takes over, and Ctrl-C cancels it',
    impact: 'nothing',
  }
}
