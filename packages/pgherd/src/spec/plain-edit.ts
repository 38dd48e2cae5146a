import type { SpecPath } from './path.ts'

/** Plain data, as JSON has it. */
export type Plain = null | string | number | boolean | readonly Plain[] | { readonly [key: string]: Plain }

export function isMapping(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/**
 * The value with what is at the path replaced, or taken out when `to` is undefined. What is missing
 * on the way is made; text in the way of a deeper path is replaced. In a list the path names a
 * position, and the position after the last one appends.
 */
export function withValueAt(value: unknown, path: SpecPath, to: unknown): unknown {
  const [key, ...rest] = path
  if (key === undefined) return to
  if (Array.isArray(value) && /^\d+$/.test(key) && Number(key) <= value.length) {
    const items: unknown[] = [...(value as unknown[])]
    const item = withValueAt(items[Number(key)], rest, to)
    items.splice(Number(key), 1, ...(item === undefined ? [] : [item]))
    return items
  }
  const entries = Object.entries(isMapping(value) ? value : {})
  const inner = withValueAt(isMapping(value) && Object.hasOwn(value, key) ? value[key] : undefined, rest, to)
  const at = entries.findIndex(([name]) => name === key)
  const entry: [string, unknown][] = inner === undefined ? [] : [[key, inner]]
  entries.splice(at < 0 ? entries.length : at, at < 0 ? 0 : 1, ...entry)
  // What was there stays when there is nothing to take out.
  if (inner === undefined && at < 0 && !isMapping(value)) return value
  return Object.fromEntries(entries)
}

/** Equal as data; the order of keys does not count. */
export function samePlain(a: unknown, b: unknown): boolean {
  if (Array.isArray(a) && Array.isArray(b))
    return a.length === b.length && a.every((item, index) => samePlain(item, b[index]))
  if (isMapping(a) && isMapping(b)) {
    const keys = Object.keys(a)
    return (
      keys.length === Object.keys(b).length &&
      keys.every((key) => Object.hasOwn(b, key) && samePlain(a[key], b[key]))
    )
  }
  return a === b
}
