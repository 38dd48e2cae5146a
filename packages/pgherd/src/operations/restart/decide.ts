import { diagnose, mend, type Diagnostic } from '../../diagnostic/diagnostic.ts'
import type { ClusterView, MemberView } from '../../plan/cluster-view.ts'
import { notBelowPrimary } from '../../plan/not-below-primary.ts'
import type { Decision, OperationPlan } from '../operation-plan.ts'
import { restartOrder } from '../restart-order.ts'
import { conditionOf, follows } from '../standby-fitness.ts'

export interface RestartRequest {
  /** One member alone; left out: all of them. */
  readonly member?: string
  /** Hand the primary over before it is restarted, so that clients wait for a switchover and not for a restart. */
  readonly rolling: boolean
  /** Only members with settings that wait for a restart. */
  readonly pendingOnly: boolean
}

/** One thing after the other; each waits for the cluster to be whole before the next. */
export type RestartAct =
  | { readonly do: 'restart'; readonly member: string; readonly role: 'primary' | 'standby' }
  | { readonly do: 'hand-over'; readonly from: string; readonly to: string }

export interface RestartPlan extends OperationPlan {
  readonly operation: 'restart'
  readonly acts: readonly RestartAct[]
}

/** Settings that wait for a restart: what the leader has in force, and what it will have. */
export interface RestartChanges {
  readonly inForce: Readonly<Record<string, unknown>>
  readonly wanted: Readonly<Record<string, unknown>>
}

/**
 * Which members are restarted, in which order, and when the primary is handed over. Standbys go first; where a setting
 * falls that standbys must not have lower, the primary goes first and in its place, since a standby with the higher value
 * would carry it on. Pure.
 */
export function decideRestart(
  view: ClusterView,
  request: RestartRequest,
  changes: RestartChanges = { inForce: {}, wanted: {} },
): Decision<RestartPlan> {
  const leader = view.members.find(({ name, role }) => name === view.leader && role === 'primary')
  const chosen = choose(view, request)
  if ('refused' in chosen) return chosen
  const refused = refusals(view, leader, chosen.members, request)
  if (refused.length > 0) return { refused }
  const order = restartOrder(
    chosen.members.map(({ name }) => name),
    chosen.members.some((each) => each === leader) ? leader?.name : undefined,
    changes.inForce,
    changes.wanted,
  )
  const falling = order.length > 1 && order[0] === leader?.name
  const acts = order.flatMap((name): RestartAct[] => {
    if (name !== leader?.name) return [{ do: 'restart', member: name, role: 'standby' }]
    const to = request.rolling && !falling ? successor(view, leader, order) : undefined
    if (to === undefined) return [{ do: 'restart', member: name, role: 'primary' }]
    return [
      { do: 'hand-over', from: name, to },
      { do: 'restart', member: name, role: 'standby' },
    ]
  })
  const why = falling ? fallingBecause(changes) : undefined
  return {
    plan: {
      operation: 'restart',
      acts,
      steps: acts.map((act) =>
        act.do === 'hand-over'
          ? {
              title: `hand over from ${act.from} to the fittest standby, ${act.to} as it looks now`,
              because: 'the primary is restarted as a standby, so that clients wait for a moment only',
              impact: 'switchover' as const,
              member: act.to,
            }
          : {
              title: `restart PostgreSQL of ${act.member}`,
              because: why ?? (request.pendingOnly ? 'settings wait for a restart' : 'asked for'),
              impact: act.role === 'primary' ? ('restart' as const) : ('nothing' as const),
              member: act.member,
            },
      ),
      findings: [],
    },
  }
}

function choose(
  view: ClusterView,
  { member, pendingOnly }: RestartRequest,
): { readonly members: readonly MemberView[] } | { readonly refused: readonly Diagnostic[] } {
  const named = member === undefined ? view.members : view.members.filter(({ name }) => name === member)
  if (named.length === 0)
    return {
      refused: [
        diagnose('MEMBER_UNKNOWN', {
          detail: `there is no member "${member ?? ''}"; the members are ${view.members.map(({ name }) => name).join(', ')}`,
          mend: mend.run('pgherd', 'status'),
        }),
      ],
    }
  return { members: pendingOnly ? named.filter(({ pendingRestart }) => pendingRestart) : named }
}

/** One member at a time may be away: a second one is not taken away while another is. */
function refusals(
  view: ClusterView,
  leader: MemberView | undefined,
  chosen: readonly MemberView[],
  { member }: RestartRequest,
): readonly Diagnostic[] {
  if (chosen.length === 0) return []
  const refused: Diagnostic[] = []
  if (!leader)
    refused.push(
      diagnose('LEADER_MISSING', {
        detail:
          'no member is primary at this moment; a restart now could take away the one that is about to be',
        mend: mend.run('pgherd', 'status'),
      }),
    )
  for (const each of view.members) {
    const away = each !== leader && !follows(each, leader)
    if (!away) continue
    const alone = member === each.name
    if (alone && each.role !== 'unreachable') continue
    refused.push(
      diagnose('MEMBER_UNREACHABLE', {
        detail:
          each.role === 'unreachable'
            ? `Patroni of ${each.name} does not answer${alone ? ', so it cannot be asked to restart' : '; a second member would be away during a restart'}`
            : `${each.name} does not follow the primary (it is ${conditionOf(each, leader)}); a second member would be away during a restart`,
        mend: mend.run('pgherd', 'up'),
        at: { member: each.name },
      }),
    )
  }
  return refused
}

/** Who takes over: a synchronous standby, restarted already when it is among them. */
function successor(view: ClusterView, leader: MemberView, order: readonly string[]): string | undefined {
  const standbys = view.members.filter((each) => each !== leader && follows(each, leader))
  const rank = ({ name }: MemberView) =>
    (view.synchronous.includes(name) ? 0 : 2) + (order.includes(name) ? 0 : 1)
  return standbys.toSorted((a, b) => rank(a) - rank(b))[0]?.name
}

function fallingBecause({ inForce, wanted }: RestartChanges): string {
  const falls = notBelowPrimary.filter((name) => Number(wanted[name]) < Number(inForce[name]))
  return `${falls.join(', ')} falls, and a standby must not have it lower than its primary, so the primary goes first`
}
