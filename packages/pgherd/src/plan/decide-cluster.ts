import { createHash } from 'node:crypto'
import { DiagnosticError, diagnose, mend, type Diagnostic } from '../diagnostic/diagnostic.ts'
import { changedMembers } from './changed-members.ts'
import { decide } from './decide.ts'
import type { Observed } from './observed.ts'
import type { Plan } from './plan.ts'
import type { Wanted } from './wanted.ts'

/** What one member should be and is. */
export interface MemberState {
  readonly wanted: Wanted
  readonly observed: Observed
}

export interface DecideOptions {
  /** Servers are being added or removed, one at a time: only then may others be named than there are. */
  readonly membersChange?: boolean
}

/**
 * The plan of all members: each member's steps in their order, with ids that tell the members apart. Throws
 * DiagnosticError with every refusal of every member and those of the cluster as a whole. Pure.
 */
export function decideCluster(
  members: readonly MemberState[],
  { membersChange = false }: DecideOptions = {},
): Plan {
  if (members.length === 1 && members[0]) return planOf(members[0], [])
  const refused: Diagnostic[] = [
    ...foreignCluster(members),
    ...(membersChange ? [] : members.flatMap(({ wanted, observed }) => changedMembers(wanted, observed))),
  ]
  const plans: Plan[] = []
  for (const member of members) {
    const decision = decide(member.wanted, member.observed)
    if ('refused' in decision) refused.push(...decision.refused)
    else plans.push(decision.plan)
  }
  if (refused.length > 0) throw new DiagnosticError(unique(refused))
  return {
    observed: createHash('sha256')
      .update(plans.map(({ observed }) => observed).join())
      .digest('hex'),
    steps: plans.flatMap(({ steps }) =>
      steps.map((step) => ({
        ...step,
        id: `${step.member}/${step.id}`,
        after: step.after.map((id) => `${step.member}/${id}`),
      })),
    ),
    findings: unique(plans.flatMap(({ findings }) => findings)),
    partial: plans.some(({ partial }) => partial),
  }
}

function planOf({ wanted, observed }: MemberState, refused: readonly Diagnostic[]): Plan {
  const decision = decide(wanted, observed)
  if ('refused' in decision) throw new DiagnosticError([...refused, ...decision.refused])
  return decision.plan
}

/** The DCS holds a cluster of this name that is not the one on the members' disks. */
function foreignCluster(members: readonly MemberState[]): Diagnostic[] {
  const inDcs = members.find(({ observed }) => observed.cluster?.systemId)?.observed.cluster?.systemId
  if (inDcs === undefined) return []
  return members.flatMap(({ wanted, observed: { data } }) =>
    wanted.data && data.state === 'cluster' && data.systemId !== inDcs && data.systemId !== 'unreadable'
      ? [
          diagnose('CLUSTER_FOREIGN', {
            detail: `etcd belongs to the database with system identifier ${inDcs}, and the data directory of ${wanted.member} to ${data.systemId}: Patroni would refuse to start it, and must, because they are two databases`,
            mend: mend.advice(
              `find out which one is yours; move the data directory of ${wanted.member} away to have it cloned from the others`,
            ),
            at: { member: wanted.member },
          }),
        ]
      : [],
  )
}

/** The same finding of several members, such as an extension that is missing everywhere, is told once each. */
function unique(findings: readonly Diagnostic[]): Diagnostic[] {
  const seen = new Set<string>()
  return findings.filter((finding) => {
    const key = JSON.stringify(finding)
    if (seen.has(key)) return false
    seen.add(key)
    return true
  })
}
