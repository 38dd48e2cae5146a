import { mend } from '../diagnostic/diagnostic.ts'
import type { SpecFinding } from './finding.ts'
import { formatPath, shownPath, type SpecPath } from './path.ts'
import { fixedKeys, keysAt } from './schema-walk.ts'
import { listed, shown } from './shown.ts'
import { nearest } from './suggestion.ts'

/** A key the schema does not know, with what it was likely meant to be. */
export function unknownKey(parent: SpecPath, key: string): SpecFinding {
  const known = keysAt(parent)
  const where = parent.length > 0 ? shownPath(parent) : 'the top level'
  const best = nearest(key, known)
  // `password:secret` without a space is one key to YAML: what follows the colon is not repeated.
  const glued = /^([^\s:=]{1,64})[:=]/.exec(key)?.[1]
  const name = glued ?? key
  const fixed = fixedKeys()
  const meant = nearest(
    name,
    fixed.map(({ key: each }) => each),
  )
  const elsewhere = fixed.filter((each) => each.key === meant).map((each) => formatPath(each.path))
  const advice =
    key === '<<'
      ? 'write the keys out; merge keys (<<) are not part of YAML 1.2'
      : glued !== undefined
        ? `put a space after the colon of ${shown(glued)}`
        : best !== undefined
          ? `did you mean ${best}? Rename the key`
          : elsewhere.length > 0
            ? `did you mean ${listed(elsewhere.slice(0, 3), 'or')}? Move the key there`
            : `remove it; ${where} knows ${listed(known)}`
  return {
    code: 'SPEC_UNKNOWN_KEY',
    detail: `${shown(name)} is no key of ${where}; ignoring it would leave out something you asked for`,
    mend: mend.advice(advice),
    path: [...parent, key],
    shownAs: [...parent, name],
    ...(best !== undefined && { taints: [[...parent, best]] }),
  }
}
