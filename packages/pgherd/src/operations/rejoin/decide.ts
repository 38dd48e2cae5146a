import { diagnose, mend, type Diagnostic } from '../../diagnostic/diagnostic.ts'
import type { ClusterView, MemberView } from '../../plan/cluster-view.ts'
import { follows } from '../standby-fitness.ts'
import { noteTrouble, type Cloning, type Trouble, type Troubles } from './trouble.ts'

/** In seconds. */
export interface HealingPolicy {
  /** How long Patroni may bring a member back by itself, with pg_rewind where that is needed, while nothing moves. */
  readonly patienceSeconds: number
  /** The same for a server that starts: it tells nothing while it recovers, which takes as long as its WAL is. */
  readonly startingSeconds: number
  /** After this time a clone or a rewind of Patroni in which nothing moves is cut off. */
  readonly hangingSeconds: number
  readonly mostAttempts: number
}

export const healingPolicy: HealingPolicy = {
  patienceSeconds: 60,
  startingSeconds: 900,
  hangingSeconds: 600,
  mostAttempts: 3,
}

export type HealingAct =
  | { readonly do: 'wait'; readonly member: string; readonly because: string }
  | {
      readonly do: 'reinitialize'
      readonly member: string
      readonly attempt: number
      /** Also when Patroni is busy with it. */
      readonly force: boolean
      readonly because: string
    }

export interface Healing {
  readonly acts: readonly HealingAct[]
  /** What is to be remembered now. */
  readonly troubles: Troubles
  /** Members that do not come back by themselves. */
  readonly findings: readonly Diagnostic[]
}

/** What is known beside the view. */
export interface HealingFacts {
  readonly cloning?: Cloning
  /** Who changes the cluster right now, such as `pgherd scale`: nothing is done against it. */
  readonly atWork?: string
}

/**
 * The ladder of a member that does not stream: Patroni's own means (restart, pg_rewind) for a while, then a clone from the
 * others, at most so many times and each time after twice the wait, then a finding. Never the leader, never two members at
 * once, and never anything while there is no healthy leader to clone from, or automation is paused. Pure.
 */
export function decideHealing(
  view: ClusterView,
  known: Troubles,
  now: Date,
  policy: HealingPolicy = healingPolicy,
  { cloning, atWork }: HealingFacts = {},
): Healing {
  const leader = view.members.find(({ name, role }) => name === view.leader && role === 'primary')
  const ill = view.members.filter((member) => member.name !== view.leader && !follows(member, leader))
  const hindrance = hindranceOf(view, leader, atWork)
  const seen = { cloning, hindered: hindrance !== undefined }
  const troubles: Record<string, Trouble> = {}
  let taken = ill.some(({ state }) => state === 'creating replica')
  const acts: HealingAct[] = []
  const findings: Diagnostic[] = []
  for (const member of ill) {
    const { name, state } = member
    const trouble = noteTrouble(known[name], member, seen, now)
    troubles[name] = trouble
    const step = nextStep(member, trouble, now, policy)
    if (step.do === 'give-up') {
      findings.push(stuck(member, trouble, step.why))
      continue
    }
    const because =
      step.do === 'wait'
        ? step.why
        : (hindrance ??
          (taken && state !== 'creating replica'
            ? 'another member is being cloned, and one at a time is enough'
            : undefined))
    if (because !== undefined) {
      acts.push({ do: 'wait', member: name, because })
      continue
    }
    taken = true
    const attempts = [...trouble.attempts, now.toISOString()]
    troubles[name] = { ...trouble, attempts }
    const still = secondsBetween(trouble.from, now)
    acts.push({
      do: 'reinitialize',
      member: name,
      attempt: attempts.length,
      force: still >= policy.hangingSeconds,
      because: `it does not stream since ${trouble.since}, and nothing has moved for ${still} s (it is ${state}): Patroni's own means do not bring it back`,
    })
  }
  return { acts, troubles, findings }
}

function hindranceOf(
  view: ClusterView,
  leader: MemberView | undefined,
  atWork: string | undefined,
): string | undefined {
  if (!leader)
    return 'there is no primary to clone from, and this member may be the one that has the newest data'
  if (view.paused) return 'automation is paused'
  if (!view.etcd.quorum) return 'etcd has no majority'
  return atWork === undefined ? undefined : `${atWork} is at work`
}

type NextStep =
  | { readonly do: 'wait'; readonly why: string }
  | { readonly do: 'clone' }
  | { readonly do: 'give-up'; readonly why: string }

function nextStep(member: MemberView, trouble: Trouble, now: Date, policy: HealingPolicy): NextStep {
  const { attempts, since, from, silentSince = since } = trouble
  const silence = secondsBetween(silentSince, now)
  // Patroni that does not answer cannot be told to clone
  if (member.role === 'unreachable')
    return silence < policy.patienceSeconds
      ? { do: 'wait', why: `its Patroni has not answered for ${silence} s` }
      : { do: 'give-up', why: `its Patroni has not answered for ${silence} s` }
  const failed = `it was cloned ${attempts.length} times and is ${member.state} all the same`
  // one more than allowed was not ours: Patroni clones it over and over by itself
  if (attempts.length > policy.mostAttempts) return { do: 'give-up', why: failed }
  const last = attempts.at(-1) ?? since
  const waited = secondsBetween(last > from ? last : from, now)
  const least = member.state === 'starting' ? policy.startingSeconds : policy.patienceSeconds
  const wait = Math.max(least, policy.patienceSeconds * 2 ** attempts.length)
  if (waited < wait)
    return {
      do: 'wait',
      why:
        attempts.length === 0
          ? `Patroni brings it back by itself, with pg_rewind where needed, and has ${wait - waited} s left to show that something moves`
          : `it was cloned or has moved ${waited} s ago, and may take ${wait - waited} s more`,
    }
  if (member.role === 'primary')
    return { do: 'give-up', why: 'it says that it is a primary and does not hold the leader lock' }
  return attempts.length >= policy.mostAttempts ? { do: 'give-up', why: failed } : { do: 'clone' }
}

function stuck(member: MemberView, { since }: Trouble, why: string): Diagnostic {
  return diagnose('MEMBER_STUCK', {
    detail: `${member.name} does not stream since ${since}: ${why}; the cluster has one standby less meanwhile`,
    mend:
      member.role === 'unreachable'
        ? mend.run('pgherd', 'up')
        : mend.advice(
            `read pgherd logs patroni --member ${member.name} for the reason (disk, network, memory), put it right, then clone it anew: pgherd up`,
          ),
    at: { member: member.name },
  })
}

function secondsBetween(from: string, to: Date): number {
  return Math.max(0, Math.floor((to.getTime() - Date.parse(from)) / 1000))
}
