import type { MemoryPlan } from './memory-plan.ts'
import type { Setting } from './setting.ts'
import type { Sizing } from './sizing.ts'

/** One concern of the server's configuration: computes its settings with their reasons. Pure. */
export interface Subject {
  readonly name: string
  settings(sizing: Sizing, memory: MemoryPlan): readonly Setting[]
}

/** A setting pgherd computed. */
export function tuned(name: string, value: string | number, reason: string): Setting {
  return { name, value: String(value), reason, source: 'tuned' }
}

/** A setting pgherd cannot work without. */
export function required(name: string, value: string | number, reason: string): Setting {
  return { name, value: String(value), reason, source: 'required' }
}
