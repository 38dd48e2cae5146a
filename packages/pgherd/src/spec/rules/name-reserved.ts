import { mend } from '../../diagnostic/diagnostic.ts'
import type { SpecFinding } from '../finding.ts'
import type { SpecPath } from '../path.ts'
import { shown } from '../shown.ts'
import type { SpecRule } from './rule.ts'

type Kind = 'role' | 'database' | 'schema'

/** Names that are taken. Roles: acl.c, check_rolespec_name, and gram.y, RoleSpec, even in quotes. */
const taken: readonly { kinds: readonly Kind[]; pattern: RegExp; by: string }[] = [
  { kinds: ['role', 'schema'], pattern: /^pg_/, by: 'PostgreSQL keeps names beginning with pg_ for itself' },
  {
    kinds: ['role', 'database', 'schema'],
    pattern: /^pgherd(_|$)/,
    by: 'pgherd keeps pgherd and names beginning with pgherd_ for itself',
  },
  { kinds: ['role'], pattern: /^postgres$/, by: 'postgres is the superuser that pgherd itself works with' },
  {
    kinds: ['role'],
    pattern: /^(public|none)$/,
    by: 'public and none are words of the GRANT and SET ROLE commands',
  },
  {
    kinds: ['database'],
    pattern: /^(postgres|template0|template1)$/,
    by: 'postgres, template0 and template1 belong to the server',
  },
  { kinds: ['schema'], pattern: /^information_schema$/, by: 'information_schema belongs to the server' },
]

export const nameReserved: SpecRule = {
  id: 'name-reserved',
  why: 'The name belongs to PostgreSQL or to pgherd; sharing it breaks one of the two.',
  *examine(spec) {
    const names: { kind: Kind; name: string; path: SpecPath }[] = [
      ...Object.keys(spec.roles).map((name) => ({ kind: 'role' as const, name, path: ['roles', name] })),
      ...Object.entries(spec.databases).flatMap(([name, { schemas }]) => [
        { kind: 'database' as const, name, path: ['databases', name] },
        ...schemas.map((schema, index) => ({
          kind: 'schema' as const,
          name: schema,
          path: ['databases', name, 'schemas', String(index)],
        })),
      ]),
    ]
    for (const { kind, name, path } of names) {
      const rule = taken.find(({ kinds, pattern }) => kinds.includes(kind) && pattern.test(name))
      if (rule) yield finding(kind, name, path, rule.by)
    }
  },
  examples: {
    good: {
      name: 'a',
      databases: { pg_data: { owner: 'app', schemas: ['public', 'sales'] } },
      roles: { app: { access: 'owner' }, postgresql: { access: 'monitor' } },
    },
    bad: [
      { spec: { name: 'a', roles: { pg_x: { access: 'monitor' } } }, at: 'roles.pg_x' },
      { spec: { name: 'a', roles: { postgres: { access: 'monitor' } } }, at: 'roles.postgres' },
      { spec: { name: 'a', roles: { pgherd_monitor: { access: 'monitor' } } }, at: 'roles.pgherd_monitor' },
      {
        spec: { name: 'a', databases: { postgres: { owner: 'app' } }, roles: { app: { access: 'owner' } } },
        at: 'databases.postgres',
      },
      {
        spec: {
          name: 'a',
          databases: { d: { owner: 'app', schemas: ['pgherd'] } },
          roles: { app: { access: 'owner' } },
        },
        at: 'databases.d.schemas.0',
      },
    ],
  },
}

function finding(kind: Kind, name: string, path: SpecPath, by: string): SpecFinding {
  const rest = name.replace(/^(pg_|pgherd_?)/, '')
  const proposal = rest === name ? `${name}_1` : `my_${rest === '' ? kind : rest}`
  return {
    code: 'SPEC_NAME',
    detail: `the ${kind} name ${shown(name)} is taken: ${by}`,
    mend: mend.advice(`rename it, for instance to ${shown(proposal)}`),
    path,
  }
}
