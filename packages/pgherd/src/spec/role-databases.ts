import type { Spec } from './schema.ts'

/** Databases a role may connect to: the ones it names; else all, those it owns first. */
export function databasesOf(spec: Spec, role: string): readonly string[] {
  const named = spec.roles[role]?.databases
  if (named) return named
  const all = Object.keys(spec.databases)
  const owned = all.filter((name) => spec.databases[name]?.owner === role)
  return [...owned, ...all.filter((name) => !owned.includes(name))]
}
