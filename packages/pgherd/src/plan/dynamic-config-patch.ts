type Tree = Readonly<Record<string, unknown>>

/** Keys of the dynamic configuration that operations own: pausing is no drift. */
const operational: readonly string[] = ['pause']

/** One difference: `path: found -> wanted`. */
export interface ConfigChange {
  readonly path: readonly string[]
  readonly found: unknown
  readonly wanted: unknown
}

export interface ConfigDifference {
  /** For PATCH /config: what to set, null for what to remove. */
  readonly patch: Tree
  /** Every difference, in the order of the paths. */
  readonly changes: readonly ConfigChange[]
}

/** The patch that makes some of the changes alone. */
export function patchOf(changes: readonly ConfigChange[]): Tree {
  return changes
    .map(({ path, wanted }) => path.reduceRight<unknown>((inner, key) => ({ [key]: inner }), wanted ?? null))
    .reduce<Tree>((patch, one) => (isTree(one) ? merged(patch, one) : patch), {})
}

function merged(one: Tree, other: Tree): Tree {
  const both = Object.entries(other).map(([key, value]) => {
    const before = Object.hasOwn(one, key) ? one[key] : undefined
    return [key, isTree(before) && isTree(value) ? merged(before, value) : value] as const
  })
  return Object.fromEntries([...Object.entries(one).filter(([key]) => !Object.hasOwn(other, key)), ...both])
}

/** What stands at a path; undefined when nothing does. */
export function valueAt(config: Tree, path: readonly string[]): unknown {
  return path.reduce<unknown>(
    (value, key) => (isTree(value) && Object.hasOwn(value, key) ? value[key] : undefined),
    config,
  )
}

/**
 * What makes the found dynamic configuration the wanted one; undefined when it is. Values are compared as text,
 * because a number may have been written as one (PostgreSQL parameters in Patroni may be either).
 */
export function configDifference(wanted: Tree, found: Tree): ConfigDifference | undefined {
  const changes: ConfigChange[] = []
  const patch = difference(wanted, found, [], changes)
  return changes.length === 0 ? undefined : { patch, changes }
}

function difference(wanted: Tree, found: Tree, path: readonly string[], changes: ConfigChange[]): Tree {
  const patch: Record<string, unknown> = {}
  for (const key of [...new Set([...Object.keys(wanted), ...Object.keys(found)])].sort()) {
    if (path.length === 0 && operational.includes(key)) continue
    const [want, have] = [wanted[key], found[key]]
    if (isTree(want) && (isTree(have) || have === undefined || have === null)) {
      const inner = difference(want, isTree(have) ? have : {}, [...path, key], changes)
      if (Object.keys(inner).length > 0) patch[key] = inner
    } else if (!same(want, have)) {
      patch[key] = want ?? null
      changes.push({ path: [...path, key], found: have, wanted: want })
    }
  }
  return patch
}

function same(want: unknown, have: unknown): boolean {
  if (want === undefined || want === null) return have === undefined || have === null
  return textOf(want) === textOf(have)
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value ?? null)
}

function isTree(value: unknown): value is Tree {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
