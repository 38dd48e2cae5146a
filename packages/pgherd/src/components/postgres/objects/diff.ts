import type { Major } from './access-level.ts'
import type { DeclaredObjects } from './declared.ts'
import { diffContents } from './diff-contents.ts'
import { diffDatabases } from './diff-databases.ts'
import { diffMemberships } from './diff-memberships.ts'
import { diffRoles } from './diff-roles.ts'
import { diffSettings } from './diff-settings.ts'
import { findUndeclared } from './diff-undeclared.ts'
import { freshObjects } from './fresh.ts'
import { joined, type Comparison, type Difference } from './object-change.ts'
import type { ObservedObjects } from './observed.ts'

export type { Difference, ObjectChange } from './object-change.ts'

/**
 * What must change so that the server has what is declared, in the order it must be done, and what was
 * found that no plan may change by itself. Nothing is ever dropped but a health function of pgherd's own
 * whose result somebody changed.
 * @param observed what the server has, or `fresh` for a server that initdb is yet to make.
 */
export function diffObjects(
  declared: DeclaredObjects,
  observed: ObservedObjects | 'fresh',
  context: { readonly major: Major; readonly appliedBefore?: DeclaredObjects },
): Difference {
  const comparison: Comparison = {
    declared,
    observed: observed === 'fresh' ? freshObjects(context.major) : observed,
    ...(context.appliedBefore && observed !== 'fresh' ? { before: context.appliedBefore } : {}),
  }
  return joined([
    { changes: diffRoles(comparison), findings: findUndeclared(comparison) },
    diffMemberships(comparison),
    diffDatabases(comparison),
    diffSettings(comparison),
    diffContents(comparison),
  ])
}
