import type { z } from 'zod'
import { pathsOverlap, type SpecPath } from './path.ts'
import { specSchema, type Spec } from './schema.ts'

/** What is left of a faulty spec: enough to go on looking for faults, never handed out. */
export interface Salvage {
  readonly spec: Spec
  /** Paths that were taken out because they were faulty; nothing may be concluded from their absence. */
  readonly removed: readonly SpecPath[]
}

/**
 * Takes out every value the schema refuses until the rest passes, so that rules can look at it.
 * A refused value is taken out; when it is then missing, what contains it goes too.
 */
export function salvage(value: unknown): Salvage | undefined {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined
  const rest = structuredClone(value) as Record<string, unknown>
  const removed: SpecPath[] = []
  // Each round shortens some path by one, and the schema is six levels deep.
  for (let round = 0; round < 10; round += 1) {
    const parsed = specSchema.safeParse(rest)
    if (parsed.success) return { spec: parsed.data, removed }
    const cuts: SpecPath[] = []
    for (const path of faultyPaths(parsed.error.issues)) {
      if (cuts.some((cut) => cut.length <= path.length && pathsOverlap(cut, path))) continue
      const cut = takeOut(rest, path)
      cuts.push(cut)
      removed.push(cut)
      if (cut.length === 0) return undefined
    }
  }
  return undefined
}

function faultyPaths(issues: readonly z.core.$ZodIssue[]): SpecPath[] {
  return issues.flatMap((issue) => {
    const path = issue.path.map(String)
    return issue.code === 'unrecognized_keys' ? issue.keys.map((key) => [...path, key]) : [path]
  })
}

/** Removes the value at the path, or what contains it when there is none; gives the path removed. */
function takeOut(root: Record<string, unknown>, path: SpecPath): SpecPath {
  if (path.length === 1 && path[0] === 'name' && root['name'] === undefined) {
    root['name'] = 'unnamed'
    return path
  }
  let holder: unknown = root
  for (let depth = 0; depth < path.length; depth += 1) {
    // An item taken out of a list would shift its neighbours, so the list goes as a whole.
    if (Array.isArray(holder)) return takeOut(root, path.slice(0, depth))
    if (typeof holder !== 'object' || holder === null) return takeOut(root, path.slice(0, depth))
    const key = path[depth] ?? ''
    const record = holder as Record<string, unknown>
    if (!Object.hasOwn(record, key)) return depth === 0 ? [] : takeOut(root, path.slice(0, depth))
    if (depth === path.length - 1) {
      delete record[key]
      return path
    }
    holder = record[key]
  }
  return []
}
