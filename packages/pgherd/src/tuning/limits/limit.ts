import type { Diagnostic } from '../../diagnostic/diagnostic.ts'
import type { MemoryPlan } from '../memory-plan.ts'
import type { Sizing } from '../sizing.ts'

/** Finds what does not fit together: the spec against the machine, and settings against each other. Pure. */
export type Limit = (sizing: Sizing, plan: MemoryPlan) => readonly Diagnostic[]
