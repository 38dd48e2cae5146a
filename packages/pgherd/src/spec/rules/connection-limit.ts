import { mend } from '../../diagnostic/diagnostic.ts'
import { formatPath, shownPath } from '../path.ts'
import type { SpecRule } from './rule.ts'

export const connectionLimit: SpecRule = {
  id: 'connection-limit',
  why: 'A limit that can never be reached, or that lets nobody in, does not do what it says.',
  *examine(spec) {
    const { connections } = spec.postgres
    for (const kind of ['databases', 'roles'] as const) {
      for (const [name, { connectionLimit: limit }] of Object.entries(spec[kind])) {
        const path = [kind, name, 'connectionLimit']
        if (limit === 0) {
          yield {
            code: 'SPEC_CONTRADICTION',
            detail: `${shownPath(path)} is 0, so no session at all is allowed; -1 is no limit`,
            mend: mend.edit(formatPath(path), -1),
            path,
          }
        } else if (limit > connections) {
          yield {
            code: 'SPEC_CONTRADICTION',
            detail: `${shownPath(path)} is ${String(limit)}, but the server is sized for ${String(connections)} sessions in all (postgres.connections), so the limit can never be reached`,
            mend: mend.edit('postgres.connections', limit),
            path,
            involves: [['postgres', 'connections']],
          }
        }
      }
    }
  },
  examples: {
    good: {
      name: 'a',
      roles: { m: { access: 'monitor', connectionLimit: 60 }, n: { access: 'monitor', connectionLimit: -1 } },
    },
    bad: [
      {
        spec: { name: 'a', roles: { m: { access: 'monitor', connectionLimit: 61 } } },
        at: 'roles.m.connectionLimit',
      },
      {
        spec: { name: 'a', roles: { m: { access: 'monitor', connectionLimit: 0 } } },
        at: 'roles.m.connectionLimit',
      },
      {
        spec: {
          name: 'a',
          databases: { d: { owner: 'app', connectionLimit: 100 } },
          roles: { app: { access: 'owner' } },
          postgres: { connections: 99 },
        },
        at: 'databases.d.connectionLimit',
      },
    ],
  },
}
