import { diffObjects } from '../../components/postgres/objects/diff.ts'
import type { Observed } from '../observed.ts'
import type { Draft, Section } from '../section.ts'
import type { Wanted } from '../wanted.ts'

/** The difference of declared and found database objects; a fresh cluster needs no server to know it. */
export function objectDifference(wanted: Wanted, observed: Observed) {
  const context = {
    major: wanted.major,
    ...(observed.applied ? { appliedBefore: observed.applied.objects } : {}),
  }
  if (observed.server.state === 'running')
    return diffObjects(wanted.objects, observed.server.objects, context)
  // a cluster's servers are initialised by Patroni: nobody knows yet which of them will be the primary
  if (wanted.kind === 'single' && observed.data.state !== 'cluster')
    return diffObjects(wanted.objects, 'fresh', context)
  return { changes: [], findings: [] }
}

/** Roles and what they are members of. */
export const accounts: Section = {
  name: 'accounts',
  draft: (wanted, observed) => drafts(wanted, observed).filter(isAccount),
}

/** Databases, schemas, extensions, grants, settings and functions are as declared. */
export const objects: Section = {
  name: 'objects',
  draft: (wanted, observed) => drafts(wanted, observed).filter((draft) => !isAccount(draft)),
}

function isAccount({ id }: Draft): boolean {
  return /^object:role\//.test(id)
}

function drafts(wanted: Wanted, observed: Observed): Draft[] {
  return objectDifference(wanted, observed).changes.map((change): Draft => ({
    id: `object:${change.id}`,
    title: change.title,
    because: change.because,
    cause: change.cause,
    impact: 'nothing',
    action: { do: 'run-sql', database: change.database, statements: change.statements },
    ...(change.adopt ? { adopt: change.adopt } : {}),
  }))
}
