import { diagnose, mend, type Diagnostic, type Mend } from '../../diagnostic/diagnostic.ts'
import type { ClusterView } from '../../plan/cluster-view.ts'
import type { Decision, OperationPlan, OperationStep } from '../operation-plan.ts'
import { conditionOf, follows } from '../standby-fitness.ts'
import { orderOf, type PresentServers } from './present-servers.ts'

export interface ScaleRequest {
  /** Servers there are to be. */
  readonly members: number
  /** The servers there are; `view` is of all of which there is a trace. */
  readonly present: PresentServers
  /** Servers by the spec, which may have been edited before. */
  readonly declared: number
  readonly durability: 'async' | 'sync' | 'quorum' | 'strict'
  /** How many members there are addresses for, where `topology.addresses` lists them and not the default counts. */
  readonly listed?: number
  /** Whether the data of those that go is removed. */
  readonly destroyData?: boolean
}

export interface ScalePlan extends OperationPlan {
  readonly operation: 'scale'
  readonly from: number
  readonly to: number
  /** In the order in which they come. */
  readonly add: readonly string[]
  /** In the order in which they go: the last one first. */
  readonly remove: readonly string[]
}

/** Fewest servers that keep what each durability promises when one of them is lost. */
const fewest = { async: 3, sync: 3, quorum: 3, strict: 3 } as const
const most = 7

/** Whether and how servers are added or removed. Members are called pg1 to pgN, and the last ones go first. Pure. */
export function decideScale(view: ClusterView, request: ScaleRequest): Decision<ScalePlan> {
  const { members: to, present } = request
  const from = present.whole.length
  const add = Array.from({ length: to }, (_, index) => `pg${index + 1}`).filter(
    (name) => !present.whole.includes(name),
  )
  const remove = present.any
    .map(({ name }) => name)
    .filter((name) => orderOf(name) > to)
    .toReversed()
  const changing = [...add, ...remove]
  const refused = [
    ...countRefusals(request),
    ...(changing.length === 0 ? [] : healthRefusals(view, changing, request)),
  ]
  if (remove.includes(view.leader ?? '')) refused.push(removesPrimary(view, remove, request))
  if (refused.length > 0) return { refused }
  return {
    plan: {
      operation: 'scale',
      from,
      to,
      add,
      remove,
      steps: [
        ...add.flatMap(addSteps),
        ...remove.flatMap((member) => removeSteps(member, request.destroyData === true)),
      ],
      findings: [],
    },
  }
}

function countRefusals({ members, present, durability, listed }: ScaleRequest): Diagnostic[] {
  const unsafe = (detail: string, to: number) => [
    diagnose('SCALE_UNSAFE', {
      detail,
      mend: mend.run('pgherd', 'scale', '--members', String(to)),
      at: { path: 'topology.members' },
    }),
  ]
  if (members > most)
    return unsafe(
      `${members} members are more than etcd should have; each one more makes every decision slower`,
      most,
    )
  if (members % 2 === 0)
    return unsafe(
      `${members} members survive the loss of no more than ${members - 1} do, because a majority of ${members} is ${members / 2 + 1}, and there is one more to lose`,
      members + 1,
    )
  if (members < fewest[durability])
    return unsafe(
      `with ${members} member${members === 1 ? '' : 's'} nobody could take over, and \`durability: ${durability}\` could not be kept`,
      fewest[durability],
    )
  if (listed !== undefined && members > listed && members > present.any.length)
    return [
      diagnose('SCALE_UNSAFE', {
        detail: `there are addresses for ${listed} members, so it is not known where the others are to be`,
        mend: mend.advice(`say where: pgherd scale --members ${members} --address ADDRESS,ADDRESS`),
        at: { path: 'topology.addresses' },
      }),
    ]
  return []
}

/**
 * What other commands take for the cluster is the spec, which has to fit again before they can help: they would refuse, or
 * not know a member.
 */
function otherCommand({ members, present, declared }: ScaleRequest, ...argv: string[]): Mend {
  const there = present.any.length
  if (declared === there) return mend.run('pgherd', ...argv)
  return mend.advice(
    `set topology.members back to ${there} (and addresses and domains, where they are listed), run pgherd ${argv.join(' ')}, and then pgherd scale --members ${members}`,
  )
}

/**
 * Members change only in a cluster that could lose one at the same time. Those that are to go, or were being taken in when
 * an earlier run was cut off, may be ill.
 */
function healthRefusals(view: ClusterView, changing: readonly string[], request: ScaleRequest): Diagnostic[] {
  const unhealthy = (detail: string, member?: string) =>
    diagnose('SCALE_UNHEALTHY', {
      detail,
      mend: otherCommand(request, 'up'),
      ...(member === undefined ? {} : { at: { member } }),
    })
  const leader = view.members.find(({ name, role }) => name === view.leader && role === 'primary')
  const refused: Diagnostic[] = []
  if (!view.etcd.quorum) refused.push(unhealthy('etcd has no majority, so its members cannot be changed'))
  if (!leader) refused.push(unhealthy('there is no primary at this moment'))
  if (view.paused)
    refused.push(
      diagnose('AUTOMATION_PAUSED', {
        detail: 'Patroni neither takes in nor lets go of a member properly while automation is paused',
        mend: mend.run('pgherd', 'unpause'),
      }),
    )
  for (const member of view.members)
    if (member !== leader && leader && !changing.includes(member.name) && !follows(member, leader))
      refused.push(
        unhealthy(
          `${member.name} does not follow the primary (it is ${conditionOf(member, leader)})`,
          member.name,
        ),
      )
  for (const { name, healthy } of view.etcd.members)
    if (!healthy && name !== '' && !changing.includes(name))
      refused.push(unhealthy(`etcd of ${name} is not healthy`, name))
  return refused
}

function removesPrimary(view: ClusterView, remove: readonly string[], request: ScaleRequest): Diagnostic {
  const stays = view.members
    .filter(({ name, role }) => !remove.includes(name) && role === 'standby')
    .toSorted(
      (a, b) => Number(view.synchronous.includes(b.name)) - Number(view.synchronous.includes(a.name)),
    )[0]
  return diagnose('SCALE_REMOVES_PRIMARY', {
    detail: `${view.leader ?? ''} would be removed, and it is the primary`,
    mend: otherCommand(request, 'switchover', ...(stays ? ['--to', stays.name] : [])),
    at: { member: view.leader ?? '' },
  })
}

function addSteps(member: string): readonly OperationStep[] {
  return [
    {
      title: `add ${member} to etcd`,
      because: 'a member may only start when the others know of it; one at a time keeps the majority',
      impact: 'nothing',
      member,
    },
    {
      title: `clone ${member} from the others and start it`,
      because: 'topology.members',
      impact: 'nothing',
      member,
    },
    { title: 'let HAProxy and PgBouncer know', because: `${member} takes reads`, impact: 'reload' },
  ]
}

function removeSteps(member: string, destroyData: boolean): readonly OperationStep[] {
  return [
    { title: `send no more reads to ${member}`, because: 'no session is to be cut', impact: 'reload' },
    { title: `stop Patroni of ${member}`, because: 'topology.members', impact: 'nothing', member },
    { title: `remove the slot of ${member}`, because: 'it would keep WAL for nobody', impact: 'nothing' },
    {
      title: `remove ${member} from etcd`,
      because: 'it would count for the majority',
      impact: 'nothing',
      member,
    },
    {
      title: `stop what else runs on ${member}`,
      because: destroyData ? 'its data is removed after that' : 'its data stays where it is',
      impact: 'nothing',
      member,
    },
  ]
}
