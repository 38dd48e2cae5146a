import { diagnose, mend, type Diagnostic } from '../../diagnostic/diagnostic.ts'
import type { ClusterView } from '../../plan/cluster-view.ts'
import type { Decision, OperationPlan, OperationStep } from '../operation-plan.ts'
import type { RestorePlan } from '../restore-plan.ts'
import type { KeptCluster } from './kept-records.ts'
import type { MemberMove } from './moves.ts'

/** What the restore of a cluster, or the undoing of one, would do. */
export interface ClusterRestorePlan extends OperationPlan {
  readonly operation: 'restore' | 'undo of a restore'
  /** The member that is the primary first. */
  readonly first: string
  readonly moves: readonly MemberMove[]
  /** Where the record of what is put aside lies. */
  readonly record: string
  /** What is restored; left out when a restore is undone. */
  readonly restore?: RestorePlan
  /** What comes back when a restore is undone. */
  readonly undo?: Pick<KeptCluster, 'stamp' | 'replacedBy' | 'timeline'>
}

/** A server and its data directory. */
export interface Server {
  readonly name: string
  readonly data: string
}

/** Why neither can begin: nobody could take over afterwards. Pure. */
export function clusterRefusals(view: ClusterView, paused: boolean): readonly Diagnostic[] {
  const refused: Diagnostic[] = []
  if (!view.etcd.quorum)
    refused.push(
      diagnose('ETCD_NO_QUORUM', {
        detail: 'a majority of etcd does not answer, and without it nobody can lead the restored cluster',
        mend: mend.run('pgherd', 'up'),
      }),
    )
  if (paused)
    refused.push(
      diagnose('AUTOMATION_PAUSED', {
        detail: 'Patroni promotes nobody while automation is paused, so the restored cluster would not start',
        mend: mend.run('pgherd', 'unpause'),
      }),
    )
  return refused
}

/** The member that gets the restored data: who leads now, for its disk has shown that it bears the load; else the first. */
export function firstMember(view: ClusterView, servers: readonly Server[]): Server {
  const first = servers.find(({ name }) => name === view.leader) ?? servers[0]
  if (!first) throw new Error('a cluster has servers')
  return first
}

export interface RestoreFacts {
  readonly view: ClusterView
  readonly paused: boolean
  readonly servers: readonly Server[]
  readonly first: Server
  readonly stamp: string
  readonly restore: RestorePlan
  readonly record: string
  /** The newest state exists only once nothing is written any more. */
  readonly latest: boolean
}

/** Whether and how a cluster is restored in place. Pure. */
export function decideClusterRestore(facts: RestoreFacts): Decision<ClusterRestorePlan> {
  const { view, paused, servers, first, stamp, restore, record, latest } = facts
  const refused = clusterRefusals(view, paused)
  if (refused.length > 0) return { refused }
  const moves = servers.map(({ name, data }): MemberMove => ({
    member: name,
    data,
    kept: `${data}.before-restore-${stamp}`,
    ...(name === first.name ? { from: `${data}.restore-${stamp}` } : {}),
  }))
  const build: OperationStep = {
    title: `restore backup ${restore.backup} beside the data of ${first.name} and replay the archive to ${restore.target}`,
    because: latest
      ? 'with nobody writing, so that the end of the archive is the newest state'
      : 'the cluster goes on meanwhile',
    impact: 'nothing',
    member: first.name,
  }
  const stop = stopSteps(view, servers)
  return {
    plan: {
      operation: 'restore',
      first: first.name,
      moves,
      record,
      restore: { ...restore, keptAs: `${first.data}.before-restore-${stamp}` },
      steps: [...(latest ? [...stop, build] : [build, ...stop]), ...replaceSteps(moves, first.name, record)],
      findings: restore.warnings,
    },
  }
}

export interface UndoFacts {
  readonly view: ClusterView
  readonly paused: boolean
  readonly servers: readonly Server[]
  readonly kept: KeptCluster
  /** Which of its directories are still there. */
  readonly present: ReadonlySet<string>
  readonly stamp: string
  readonly record: string
}

/** How the cluster that a restore has put aside comes back. `kept` still has its newest directory. Pure. */
export function decideUndo(facts: UndoFacts): Decision<ClusterRestorePlan> {
  const { view, paused, servers, kept, present, stamp, record } = facts
  const refused = clusterRefusals(view, paused)
  if (refused.length > 0) return { refused }
  const moves = servers.map(({ name, data }): MemberMove => {
    const from = kept.members.find(({ member }) => member === name)?.kept
    return {
      member: name,
      data,
      kept: `${data}.before-undo-${stamp}`,
      ...(from !== undefined && present.has(from) ? { from } : {}),
    }
  })
  return {
    plan: {
      operation: 'undo of a restore',
      first: kept.newest,
      moves,
      record,
      undo: { stamp: kept.stamp, replacedBy: kept.replacedBy, timeline: kept.timeline },
      steps: [
        ...stopSteps(view, servers),
        {
          title: `put the kept data of ${kept.newest} on a timeline of its own`,
          because: 'the archive already has what was written since under the next number',
          impact: 'nothing',
          member: kept.newest,
        },
        ...replaceSteps(moves, kept.newest, record),
      ],
      findings: [],
    },
  }
}

/** The record to go back to: the newest whose newest data is still there. Pure. */
export function undoable(
  records: readonly KeptCluster[],
  servers: readonly Server[],
  present: ReadonlySet<string>,
): KeptCluster | undefined {
  return records.find(({ newest, members }) => {
    const kept = members.find(({ member }) => member === newest)?.kept
    return kept !== undefined && present.has(kept) && servers.some(({ name }) => name === newest)
  })
}

function stopSteps(view: ClusterView, servers: readonly Server[]): readonly OperationStep[] {
  const standbys = servers.map(({ name }) => name).filter((name) => name !== view.leader)
  const order = view.leader === undefined ? standbys : [...standbys, view.leader]
  return [
    {
      title: 'pause the pools',
      because: 'clients wait in them, up to pooler.queryWait; sessions that skip the pools are cut',
      impact: 'restart',
    },
    {
      title: `stop Patroni and PostgreSQL of ${order.join(', ')}`,
      because: 'nobody may write to data that is put aside',
      impact: 'restart',
    },
  ]
}

function replaceSteps(moves: readonly MemberMove[], first: string, record: string): readonly OperationStep[] {
  const cloned = moves.filter(({ from }) => from === undefined).map(({ member }) => member)
  const rejoining = moves.filter(({ member, from }) => member !== first && from !== undefined)
  return [
    ...moves.map(({ member, kept }): OperationStep => ({
      title: `keep the present data of ${member} as ${kept}`,
      because: 'so that this can be undone (pgherd restore --undo); nobody deletes it but you',
      impact: 'rebuild',
      member,
    })),
    {
      title: 'have etcd forget the leader, positions and votes of the present cluster',
      because: `Patroni would promote nobody who is behind them; they stay in ${record}`,
      impact: 'nothing',
    },
    {
      title: `start ${first} as the primary and resume the pools`,
      because: 'clients see the data of then from here on',
      impact: 'rebuild',
      member: first,
    },
    ...(rejoining.length > 0
      ? [
          {
            title: `have ${rejoining.map(({ member }) => member).join(', ')} follow with the data they had`,
            because: 'only then is the cluster whole',
            impact: 'nothing' as const,
          },
        ]
      : []),
    ...(cloned.length > 0
      ? [
          {
            title: `clone ${cloned.join(', ')} from ${first}`,
            because: 'only then is the cluster whole; reads wait for it',
            impact: 'rebuild' as const,
          },
        ]
      : []),
  ]
}
