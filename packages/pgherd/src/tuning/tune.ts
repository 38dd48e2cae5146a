import type { Diagnostic } from '../diagnostic/diagnostic.ts'
import type { Spec } from '../spec/schema.ts'
import type { HostFacts } from '../topology/host-facts.ts'
import { gucOf } from './gucs/guc.ts'
import { limits } from './limits/registry.ts'
import { planMemory } from './memory-plan.ts'
import { checkSettings } from './overrides.ts'
import type { Setting } from './setting.ts'
import { sizingOf, type Sizing } from './sizing.ts'
import { subjects } from './subjects/registry.ts'

export interface Tuning {
  readonly settings: readonly Setting[]
  /** Nothing may be applied while one of them is an error. */
  readonly findings: readonly Diagnostic[]
}

/**
 * Turns a spec and a machine into server settings, each with its reason. Settings of the spec come last
 * and the computed ones fit around them. Paths, ports and addresses are added by components/postgres.
 */
export function tune(spec: Spec, facts: HostFacts): Tuning {
  const { accepted, findings } = checkSettings(spec, facts)
  const sizing = sizingOf(spec, facts, accepted)
  const settings = override(compute(sizing), compute({ ...sizing, overrides: new Map() }), accepted)
  return {
    settings,
    findings: [...findings, ...limits.flatMap((limit) => limit(sizing, planMemory(sizing)))],
  }
}

/** Subjects name settings of every major; those this major lacks fall out here. */
function compute(sizing: Sizing): readonly Setting[] {
  const plan = planMemory(sizing)
  return subjects
    .flatMap((subject) =>
      subject.settings(sizing, plan).map((setting): Setting => ({ ...setting, subject: subject.name })),
    )
    .filter(({ name }) => name.includes('.') || gucOf(name, sizing.major) !== undefined)
}

/** Puts the spec's own values in; `plain` is what pgherd would have chosen without them. */
function override(
  computed: readonly Setting[],
  plain: readonly Setting[],
  overrides: ReadonlyMap<string, string>,
): readonly Setting[] {
  const left = new Map(overrides)
  // Merged by the subject: what extensions need stays loaded whatever the spec adds.
  left.delete('shared_preload_libraries')
  const settings = computed.map((setting): Setting => {
    const value = left.get(setting.name)
    left.delete(setting.name)
    if (value === undefined) return setting
    const before = plain.find(({ name }) => name === setting.name)?.value ?? ''
    const reason =
      before === value
        ? 'postgres.settings says so, as pgherd would'
        : `postgres.settings says so, instead of ${before || 'nothing'}`
    return { ...setting, value, reason, source: 'spec' }
  })
  const added = [...left].map(([name, value]): Setting => ({
    name,
    value,
    reason: 'postgres.settings says so',
    source: 'spec',
    subject: 'spec',
  }))
  return [...settings, ...added]
}
