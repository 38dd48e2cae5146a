import { diagnose, mend, type Diagnostic } from '../../diagnostic/diagnostic.ts'
import type { ClusterView } from '../../plan/cluster-view.ts'
import type { Decision, OperationPlan } from '../operation-plan.ts'
import { waitsForStandby } from '../standby-fitness.ts'

/** Newest WAL a member has, in bytes from the beginning of the log, and its timeline. */
export interface Position {
  readonly timeline: number
  readonly bytes: bigint
}

export interface FailoverRequest {
  readonly to: string
  /** The user has said that writes may be lost. */
  readonly allowDataLoss: boolean
}

export interface FailoverPlan extends OperationPlan {
  readonly operation: 'failover'
  readonly to: string
  /** The primary that would be deposed; absent when there is none. */
  readonly from?: string
  /** What may be lost, in words; empty when nothing known of can be. */
  readonly risks: readonly string[]
  /** A healthy primary is deposed, or writes may be lost: to be confirmed even with --allow-data-loss. */
  readonly grave: boolean
}

/**
 * Whether a named member may be made the primary by force, and what may be lost. `positions` holds what each member that
 * answers has received; those that do not answer may have more, and that is said. Pure.
 */
export function decideFailover(
  view: ClusterView,
  positions: ReadonlyMap<string, Position>,
  { to, allowDataLoss }: FailoverRequest,
): Decision<FailoverPlan> {
  const target = view.members.find(({ name }) => name === to)
  if (!target) return refuse('MEMBER_UNKNOWN', unknown(view, to), mend.run('pgherd', 'status'))
  const leader = view.members.find(({ name, role }) => name === view.leader && role === 'primary')
  if (leader?.name === to)
    return refuse(
      'SWITCHOVER_TARGET_IS_LEADER',
      `${to} is the primary already`,
      mend.run('pgherd', 'status'),
      to,
    )
  const refused: Diagnostic[] = []
  if (!view.etcd.quorum)
    refused.push(
      diagnose('ETCD_NO_QUORUM', {
        detail:
          'a majority of etcd does not answer, and without it Patroni lets nobody be the primary, whoever asks',
        mend: mend.advice('bring etcd back first: pgherd up starts what is down'),
      }),
    )
  const mine = positions.get(to)
  if (target.role === 'unreachable' || !mine)
    refused.push(
      diagnose('MEMBER_UNREACHABLE', {
        detail: `${to} does not answer, so it cannot become the primary`,
        mend: mend.run('pgherd', 'up'),
        at: { member: to },
      }),
    )
  const risks = mine ? risksOf(view, positions, to, mine) : []
  if (risks.length > 0 && !allowDataLoss)
    refused.push(
      diagnose('FAILOVER_LOSES_DATA', {
        detail: `${risks.join('; ')}`,
        mend: adviceFor(positions, to),
        at: { member: to },
      }),
    )
  if (refused.length > 0) return { refused }
  return {
    plan: {
      operation: 'failover',
      to,
      ...(leader ? { from: leader.name } : {}),
      risks,
      grave: leader !== undefined || risks.length > 0,
      steps: [
        {
          title: `make ${to} the primary`,
          because: leader ? `asked for, although ${leader.name} is healthy` : 'there is no primary',
          impact: 'switchover',
          member: to,
        },
        {
          title: `wait until ${to} takes writes`,
          because: 'only then is it the primary',
          impact: 'nothing',
          member: to,
        },
      ],
      findings: leader
        ? [
            diagnose('FAILOVER_LEADER_HEALTHY', {
              detail: `${leader.name} is the primary and answers; a failover cuts its clients off, a switchover does not`,
              mend: mend.run('pgherd', 'switchover', '--to', to),
              at: { member: leader.name },
            }),
          ]
        : [],
    },
  }
}

function risksOf(
  view: ClusterView,
  positions: ReadonlyMap<string, Position>,
  to: string,
  mine: Position,
): readonly string[] {
  const risks: string[] = []
  const ahead = [...positions].filter(([name, position]) => name !== to && compare(position, mine) > 0)
  for (const [name, position] of ahead.toSorted(([, a], [, b]) => compare(b, a)))
    risks.push(
      position.timeline === mine.timeline
        ? `${name} has ${position.bytes - mine.bytes} bytes of WAL that ${to} does not have`
        : `${name} is on timeline ${position.timeline}, and ${to} on ${mine.timeline}`,
    )
  const sync = waitsForStandby(view)
  if (sync && !view.synchronous.includes(to))
    risks.push(
      `${to} was not synchronous, so commits that were acknowledged may be on others alone (synchronous: ${view.synchronous.join(', ') || 'nobody'})`,
    )
  const silent = view.members
    .filter(({ name }) => name !== to && !positions.has(name))
    .map(({ name }) => name)
  // with synchronous commits a synchronous member has all that was acknowledged, whoever else is silent
  if (silent.length > 0 && !(sync && view.synchronous.includes(to)))
    risks.push(`${silent.join(' and ')} cannot be asked and may have writes that ${to} does not have`)
  return risks
}

/** A higher timeline was written later; within one the longer log is the newer. */
function compare(a: Position, b: Position): number {
  if (a.timeline !== b.timeline) return a.timeline - b.timeline
  return a.bytes === b.bytes ? 0 : a.bytes > b.bytes ? 1 : -1
}

function adviceFor(positions: ReadonlyMap<string, Position>, to: string): Diagnostic['mend'] {
  const [best] = [...positions].toSorted(([, a], [, b]) => compare(b, a))
  return best && best[0] !== to
    ? mend.run('pgherd', 'failover', '--to', best[0])
    : mend.advice(
        `bring back the members that are away, or accept the loss: pgherd failover --to ${to} --allow-data-loss`,
      )
}

function unknown(view: ClusterView, to: string): string {
  return `there is no member "${to}"; the members are ${view.members.map(({ name }) => name).join(', ')}`
}

function refuse(
  code: 'MEMBER_UNKNOWN' | 'SWITCHOVER_TARGET_IS_LEADER',
  detail: string,
  how: Diagnostic['mend'],
  member?: string,
): { readonly refused: readonly Diagnostic[] } {
  return {
    refused: [diagnose(code, { detail, mend: how, ...(member === undefined ? {} : { at: { member } }) })],
  }
}
