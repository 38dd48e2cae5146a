import type { ClusterView } from '../../plan/cluster-view.ts'
import type { DrillName } from '../../spec/sections/drills.ts'
import type { DrillWorld } from './world.ts'

/** Whom a drill hits. Written down before the fault is made, so that another process can undo it. */
export interface Aim {
  /** The member that is hit; the leader unless the drill says otherwise. */
  readonly member: string
  /** What undoing needs to know. */
  readonly details: Readonly<Record<string, string>>
}

/** Something a drill looked at beside the writes and the reads. */
export interface DrillCheck {
  readonly name: string
  readonly ok: boolean
  /** What was compared or measured. */
  readonly detail: string
}

/** Longest times a failover takes, in seconds, computed from the timing of the preset. */
export interface FailoverBounds {
  /** How long the leader keeps its lease without renewing it. */
  readonly lease: number
  readonly killPostgres: number
  readonly memberLoss: number
  readonly switchover: number
}

/** Longest time without a write that the computation allows for this fault. */
export interface Expectation {
  readonly writeGap: number
  /** Errors clients may see; any number when left out. */
  readonly clientErrors?: number
  /** How the figure came about, in words. */
  readonly basis: string
}

/** A fault made on purpose, and how it is undone. */
export interface Fault {
  readonly name: string
  /** `moment`: over once it is made. `held`: lasts until it is healed. */
  readonly fault: 'moment' | 'held'
  /** How long a held fault lasts at least, in seconds, even when the service is back before. */
  holdSeconds(bounds: FailoverBounds): number
  /** Parts of the world it cannot do without. */
  readonly needs: readonly ('switchover' | 'prove' | 'archive' | 'lockHolder' | 'issueCertificate')[]
  /** In words for the one who decides whether it may run. */
  says(aim: Aim): { readonly does: string; readonly risk: string; readonly expects: string }
  /** Chooses whom to hit; throws DiagnosticError DRILL_UNAVAILABLE when it is not possible here. */
  aim(world: DrillWorld, view: ClusterView): Promise<Aim>
  inject(world: DrillWorld, aim: Aim): Promise<void>
  /** Undoes the fault, whether or not it was made, and more than once. Always called. */
  heal(world: DrillWorld, aim: Aim): Promise<void>
  /** True once the fault has had the consequence it must have before it may be healed, such as another leader. */
  consequence?(view: ClusterView, aim: Aim): boolean
  /** Looked at while the fault lasts and the service is back. */
  checkDuring?(world: DrillWorld, aim: Aim): Promise<readonly DrillCheck[]>
  /** Looked at when everything is whole again. */
  checkAfter?(world: DrillWorld, aim: Aim): Promise<readonly DrillCheck[]>
  expectation(bounds: FailoverBounds): Expectation
}

/** A fault that users can ask for by name. */
export interface Drill extends Fault {
  readonly name: DrillName
}

/** The leader is hit. */
export function aimAtLeader(view: ClusterView, details: Aim['details'] = {}): Aim {
  return { member: view.leader ?? '', details }
}

/** Somebody else leads: the fault has done what it must. */
export function ledByAnother(view: ClusterView, aim: Aim): boolean {
  return view.leader !== undefined && view.leader !== aim.member
}

/** Longest pause of a fault that clients must not feel: a few missed beats of the probes on a busy machine. */
export const unnoticed: Expectation = { writeGap: 2, basis: 'clients must not feel it' }
