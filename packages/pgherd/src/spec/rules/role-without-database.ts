import { mend } from '../../diagnostic/diagnostic.ts'
import { formatPath } from '../path.ts'
import { shown } from '../shown.ts'
import type { SpecRule } from './rule.ts'

export const roleWithoutDatabase: SpecRule = {
  id: 'role-without-database',
  why: 'A role for data without a database to use is a mistake or a leftover login.',
  *examine(spec) {
    const declared = Object.keys(spec.databases)
    for (const [name, { access, databases }] of Object.entries(spec.roles)) {
      if (access === 'admin' || access === 'monitor') continue
      const path = ['roles', name]
      if (databases?.length === 0 || declared.length === 0) {
        yield {
          code: 'SPEC_CONTRADICTION',
          detail: `role ${shown(name)} has access ${access}, but there is no database it could use`,
          mend:
            declared.length > 0
              ? mend.edit(formatPath([...path, 'databases']), declared)
              : mend.advice('declare a database under databases, or remove the role'),
          path,
          involves: [['databases'], [...path, 'databases']],
        }
      } else if (access === 'owner' && !Object.values(spec.databases).some(({ owner }) => owner === name)) {
        yield {
          code: 'SPEC_DOUBTFUL',
          detail: `role ${shown(name)} has access owner, but no database names it as its owner, so it can do nothing`,
          mend: mend.advice(`name it as the owner of a database, or give it access readwrite or readonly`),
          path: [...path, 'access'],
          involves: [['databases'], path],
        }
      }
    }
  },
  examples: {
    good: {
      name: 'a',
      databases: { d: { owner: 'app' } },
      roles: { app: { access: 'owner' }, r: { access: 'readonly' }, m: { access: 'monitor' } },
    },
    bad: [
      { spec: { name: 'a', roles: { r: { access: 'readonly' } } }, at: 'roles.r' },
      {
        spec: {
          name: 'a',
          databases: { d: { owner: 'app' } },
          roles: { app: { access: 'owner' }, r: { access: 'readwrite', databases: [] } },
        },
        at: 'roles.r',
      },
      {
        spec: {
          name: 'a',
          databases: { d: { owner: 'app' } },
          roles: { app: { access: 'owner' }, o: { access: 'owner' } },
        },
        at: 'roles.o.access',
      },
    ],
  },
}
