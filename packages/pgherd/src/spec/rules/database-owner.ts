import { mend } from '../../diagnostic/diagnostic.ts'
import { formatPath, shownPath } from '../path.ts'
import { shown } from '../shown.ts'
import { nearest } from '../suggestion.ts'
import { declares, type SpecRule } from './rule.ts'

export const databaseOwner: SpecRule = {
  id: 'database-owner',
  why: 'A database without a working owner cannot be created or changed.',
  *examine(spec) {
    for (const [name, { owner }] of Object.entries(spec.databases)) {
      const path = ['databases', name, 'owner']
      const role = declares(spec.roles, owner) ? spec.roles[owner] : undefined
      if (!role) {
        const near = nearest(owner, Object.keys(spec.roles))
        yield {
          code: 'SPEC_UNDECLARED',
          detail: `database ${shown(name)} is owned by ${shown(owner)}, which is no role of this spec`,
          mend:
            near === undefined
              ? mend.edit(formatPath(['roles', owner, 'access']), 'owner')
              : mend.edit(formatPath(path), near),
          path,
          involves: [['roles', owner]],
        }
        continue
      }
      if (role.access !== 'owner') {
        yield {
          code: 'SPEC_CONTRADICTION',
          detail: `database ${shown(name)} is owned by ${shown(owner)}, but that role has access ${role.access}; an owner can change everything in its database, so say so`,
          mend: mend.edit(formatPath(['roles', owner, 'access']), 'owner'),
          path,
          involves: [['roles', owner, 'access']],
        }
      } else if (role.databases && !role.databases.includes(name)) {
        yield {
          code: 'SPEC_CONTRADICTION',
          detail: `${shown(owner)} owns database ${shown(name)}, but ${shownPath(['roles', owner, 'databases'])} does not list it, so the owner could not connect`,
          mend: mend.edit(formatPath(['roles', owner, 'databases']), [...role.databases, name]),
          path: ['roles', owner, 'databases'],
          involves: [path],
        }
      }
    }
  },
  examples: {
    good: { name: 'a', databases: { d: { owner: 'app' } }, roles: { app: { access: 'owner' } } },
    bad: [
      { spec: { name: 'a', databases: { d: { owner: 'app' } } }, at: 'databases.d.owner' },
      { spec: { name: 'a', databases: { d: { owner: 'constructor' } } }, at: 'databases.d.owner' },
      {
        spec: { name: 'a', databases: { d: { owner: 'app' } }, roles: { app: { access: 'readwrite' } } },
        at: 'databases.d.owner',
      },
      {
        spec: {
          name: 'a',
          databases: { d: { owner: 'app' }, e: { owner: 'app' } },
          roles: { app: { access: 'owner', databases: ['d'] } },
        },
        at: 'roles.app.databases',
      },
    ],
  },
}
