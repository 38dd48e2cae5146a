import type { Observed } from './observed.ts'
import type { Step } from './plan.ts'
import type { Wanted } from './wanted.ts'

/** A step before its member and order are filled in; sections run one after the other. */
export type Draft = Omit<Step, 'member' | 'after'>

/** One kind of thing a member has: compares wanted with observed and drafts what is to be done. Pure. */
export interface Section {
  readonly name: string
  draft(wanted: Wanted, observed: Observed): readonly Draft[]
}
