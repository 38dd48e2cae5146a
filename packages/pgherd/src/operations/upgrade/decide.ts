import { diagnose, mend, type Diagnostic } from '../../diagnostic/diagnostic.ts'
import type { PackageChange } from '../../hosts/local/upgrade-packages.ts'
import type { ClusterView } from '../../plan/cluster-view.ts'
import type { Spec } from '../../spec/schema.ts'
import type { Decision, OperationPlan, OperationStep } from '../operation-plan.ts'
import { waitsForStandby } from '../standby-fitness.ts'
import { weaknesses } from '../weaknesses.ts'
import { busyRefusal, type Busy } from './busy.ts'
import { packagesStep } from './packages.ts'
import {
  changesOf,
  programNames,
  refusedChanges,
  type MemberVersions,
  type VersionChange,
} from './versions.ts'

/** What is known before members are upgraded. */
export interface UpgradeCircumstances {
  readonly spec: Spec
  readonly view: ClusterView
  /** Of every server and of the gateway. */
  readonly versions: readonly MemberVersions[]
  readonly busy: readonly Busy[]
  /** Packages that are brought in before anything is restarted; their versions count as installed. */
  readonly packages: readonly PackageChange[]
  /** Restart PgBouncer as well, which closes the sessions of clients. */
  readonly pooler: boolean
}

/** One thing after the other; each waits for the cluster to be whole before the next. */
export type UpgradeAct =
  | {
      readonly do: 'restart'
      readonly member: string
      readonly what: 'postgres' | 'patroni' | 'etcd' | 'haproxy' | 'pgbouncer'
      /** Versions that must have changed afterwards. */
      readonly brings: readonly VersionChange[]
    }
  | {
      readonly do: 'hand-over'
      readonly from: string
      readonly to: string
      /** Patroni stops a primary that steps down and starts it anew as a standby. */
      readonly brings: readonly VersionChange[]
    }

export interface UpgradePlan extends OperationPlan {
  readonly operation: 'upgrade'
  readonly changes: readonly VersionChange[]
  readonly packages: readonly PackageChange[]
  readonly acts: readonly UpgradeAct[]
}

/**
 * Which programs are restarted, in which order: etcd member by member, its leader last; then standbys, asynchronous ones
 * first; then the primary, which is handed over to an upgraded standby and restarted as one; then what leads clients. A
 * standby may run a newer minor version than its primary, not the other way round (PostgreSQL docs, 27.2.1 "Planning"). Pure.
 */
export function decideUpgrade(circumstances: UpgradeCircumstances): Decision<UpgradePlan> {
  const { view, versions, packages, pooler } = circumstances
  const changes = changesOf(versions)
  const unknown = view.members.some(({ role }) => role === 'unreachable')
  const idle = changes.length === 0 && packages.length === 0 && !unknown
  const refused = idle ? [] : [...refusedChanges(changes), ...refusals(circumstances)]
  if (refused.length > 0) return { refused }
  const waits = changes.filter(({ program }) => program === 'pgbouncer' && !pooler)
  const acts = [...etcdActs(view, changes), ...serverActs(view, changes), ...gatewayActs(changes, pooler)]
  return {
    plan: {
      operation: 'upgrade',
      changes,
      packages,
      acts,
      steps: [...packagesStep(packages), ...acts.map(stepOf)],
      findings: waits.map(closesSessions),
    },
  }
}

/** What a cluster lacks before a member may be taken away, in words; none when it is whole. Pure. */
export function notWhole(spec: Spec, view: ClusterView): readonly string[] {
  const found = weaknesses(spec, view)
  // the primary may know it before etcd has it, and a switchover goes by etcd
  const unnamed = found.length === 0 && waitsForStandby(view) && view.synchronous.length === 0
  return unnamed ? ['etcd does not name a synchronous standby'] : found
}

function refusals({ spec, view, busy }: UpgradeCircumstances): readonly Diagnostic[] {
  const found: Diagnostic[] = []
  if (view.paused)
    found.push(
      diagnose('AUTOMATION_PAUSED', {
        detail:
          'Patroni makes no changes while automation is paused, and would not heal what goes wrong on the way',
        mend: mend.run('pgherd', 'unpause'),
      }),
    )
  const unwell = notWhole(spec, { ...view, paused: false })
  if (unwell.length > 0)
    found.push(
      diagnose('UPGRADE_UNHEALTHY', {
        detail: `${unwell.join('; ')}. Each member is away for a moment during an upgrade, and a second one must not be`,
        mend: view.members.some(({ role }) => role === 'unreachable')
          ? mend.run('pgherd', 'up')
          : mend.run('pgherd', 'status'),
      }),
    )
  return [...found, ...busyRefusal(busy)]
}

/** A majority stays at every moment; the leader last, so that there is one election instead of several. */
function etcdActs(view: ClusterView, changes: readonly VersionChange[]): readonly UpgradeAct[] {
  const leader = view.etcd.members.find((member) => member.leader)?.name
  return changes
    .filter(({ program }) => program === 'etcd')
    .toSorted((a, b) => Number(a.member === leader) - Number(b.member === leader))
    .map((change) => ({ do: 'restart', member: change.member, what: 'etcd', brings: [change] }))
}

function serverActs(view: ClusterView, changes: readonly VersionChange[]): readonly UpgradeAct[] {
  const mine = (member: string) =>
    changes.filter((each) => each.member === member && ['postgres', 'patroni'].includes(each.program))
  const restart = (member: string, brings = mine(member)): UpgradeAct[] => {
    if (brings.length === 0) return []
    // a restart of Patroni restarts its server too
    const what = brings.some(({ program }) => program === 'patroni') ? 'patroni' : 'postgres'
    return [{ do: 'restart', member, what, brings }]
  }
  const standbys = view.members
    .map(({ name }) => name)
    .filter((name) => name !== view.leader)
    .toSorted((a, b) => Number(view.synchronous.includes(a)) - Number(view.synchronous.includes(b)))
  const { leader } = view
  const changed = leader === undefined ? [] : mine(leader)
  if (leader === undefined || changed.length === 0) return standbys.flatMap((name) => restart(name))
  const to = standbys.find((name) => view.synchronous.includes(name)) ?? standbys[0] ?? leader
  const [server, patroni] = [
    changed.filter(({ program }) => program === 'postgres'),
    changed.filter(({ program }) => program === 'patroni'),
  ]
  return [
    ...standbys.flatMap((name) => restart(name)),
    { do: 'hand-over', from: leader, to, brings: server },
    ...restart(leader, patroni),
  ]
}

function gatewayActs(changes: readonly VersionChange[], pooler: boolean): readonly UpgradeAct[] {
  return changes.flatMap((change): UpgradeAct[] => {
    const { member, program } = change
    if (program === 'haproxy') return [{ do: 'restart', member, what: 'haproxy', brings: [change] }]
    if (program === 'pgbouncer' && pooler)
      return [{ do: 'restart', member, what: 'pgbouncer', brings: [change] }]
    return []
  })
}

function stepOf(act: UpgradeAct): OperationStep {
  const changes = act.brings.map(
    ({ program, from, to }) => `${programNames[program]} ${from} runs there, ${to} is installed`,
  )
  if (act.do === 'hand-over')
    return {
      title: `hand over from ${act.from} to the fittest standby, ${act.to} as it looks now; Patroni restarts ${act.from} as a standby`,
      because: [...changes, 'the standbys run the new version by then'].join('; '),
      impact: 'switchover',
      member: act.to,
    }
  const { member, what } = act
  const because = changes.join('; ')
  if (what === 'haproxy') return { title: `reload HAProxy of ${member}`, because, impact: 'reload', member }
  return {
    title: `restart ${programNames[what]} of ${member}`,
    because,
    impact: what === 'pgbouncer' ? 'restart' : 'nothing',
    member,
  }
}

function closesSessions({ member, from, to }: VersionChange): Diagnostic {
  return diagnose('UPGRADE_CLOSES_SESSIONS', {
    detail: `PgBouncer ${from} runs on ${member} and ${to} is installed; only a restart takes it up, and that closes the session of every client`,
    mend: mend.run('pgherd', 'upgrade', '--pooler'),
    at: { member },
  })
}
