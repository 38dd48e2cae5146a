import { shown } from './shown.ts'

/** Keys from the root of the spec down to a value; positions in lists are decimal text. */
export type SpecPath = readonly string[]

const plainSegment = /^[A-Za-z0-9_-]+$/

/** `roles.app.access`; a key with other characters is put in quotes: `roles."my app".access`. */
export function formatPath(path: SpecPath): string {
  return path.map((segment) => (plainSegment.test(segment) ? segment : JSON.stringify(segment))).join('.')
}

/**
 * Reads what `formatPath` wrote; undefined when the text is no path.
 * `formatPath` and this are each other's inverse, so a mend's path can be handed to `editSpec`.
 */
export function parsePath(text: string): string[] | undefined {
  const segments: string[] = []
  let rest = text
  while (rest !== '') {
    const match = /^(?:([A-Za-z0-9_-]+)|("(?:[^"\\]|\\.)*"))(\.(?=.)|$)/s.exec(rest)
    if (!match) return undefined
    if (match[1] !== undefined) segments.push(match[1])
    else {
      const segment = unquote(match[2] ?? '')
      if (segment === undefined) return undefined
      segments.push(segment)
    }
    rest = rest.slice(match[0].length)
  }
  return segments
}

function unquote(text: string): string | undefined {
  try {
    return JSON.parse(text) as string
  } catch {
    return undefined
  }
}

/** A path for people: long and unprintable keys are cut and escaped. For a path that tools read use `formatPath`. */
export function shownPath(path: SpecPath): string {
  return path
    .map((segment) => (plainSegment.test(segment) && segment.length <= 64 ? segment : shown(segment)))
    .join('.')
}

/** True when one path is the other or lies below it. */
export function pathsOverlap(a: SpecPath, b: SpecPath): boolean {
  const length = Math.min(a.length, b.length)
  for (let index = 0; index < length; index += 1) if (a[index] !== b[index]) return false
  return true
}
