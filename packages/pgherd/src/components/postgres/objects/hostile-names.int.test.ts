import { majors } from '@pgherd/testbed/postgres-programs.ts'
import { expect, test } from 'vitest'
import { declare, ObjectServer } from './server.testkit.ts'

const names = [
  `"; drop table x; --`,
  `o'brien"\\`,
  'é'.repeat(31) + '.',
  '{{scram:role-boss}}',
  "$$'; create role evil superuser; $$",
  '%I %s\n\t/* \u{1f418}',
  '--',
  'select',
  'MixedCase',
]

test.each(majors)(
  'PostgreSQL %i: any text works as the name of a role, database and schema',
  async (major) => {
    await using server = await ObjectServer.start(major)
    const [first = '', ...others] = names
    const levels = ['readwrite', 'readonly', 'admin', 'monitor'] as const
    const declared = declare(major, {
      databases: {
        [first]: { owner: first, schemas: names, settings: { 'pgherd.x': names.join() } },
        ...Object.fromEntries(others.map((name) => [name, { owner: first, schemas: [name] }])),
      },
      roles: {
        [first]: { access: 'owner' },
        ...Object.fromEntries(
          others.map((name, at) => [
            name,
            {
              access: levels[at % 4],
              settings: { search_path: `"${name.replaceAll('"', '""')}", public`, 'pgherd.y': name },
            },
          ]),
        ),
      },
    } as never)
    await server.up(declared)

    const { rows: evil } = await server.server.query(
      "select rolname from pg_roles where rolname = 'evil' or (rolsuper and rolname <> 'postgres')",
    )
    expect(evil).toEqual([])
    const { rows: databases } = await server.server.query('select datname from pg_database order by oid')
    expect(databases.map(({ datname }) => datname as string)).toEqual(expect.arrayContaining(names))

    await using owner = await server.login(first, first)
    for (const schema of names) {
      await owner.query(
        `create table "${schema.replaceAll('"', '""')}".${owner.escapeIdentifier(first)} (i int)`,
      )
      await owner.query(
        `insert into "${schema.replaceAll('"', '""')}".${owner.escapeIdentifier(first)} values (1)`,
      )
    }
    for (const role of others.filter((_, at) => at % 4 < 2)) {
      await using client = await server.login(role, first)
      const { rows } = await client.query(
        `select current_user as me, current_schema as first, current_setting('pgherd.y') as y, (select i from ${client.escapeIdentifier(first)}) as i`,
      )
      expect(rows).toEqual([{ me: role, first: role, y: role, i: 1 }])
    }
    const { rows } = await owner.query("select current_setting('pgherd.x') as x")
    expect(rows).toEqual([{ x: names.join() }])
    await owner.query(
      `revoke all on all tables in schema "select" from public, ${others.map((name) => owner.escapeIdentifier(name)).join(', ')}`,
    )
    const healed = await server.up(declared, declared)
    expect(healed.findings).toEqual([])
    expect(healed.changes.map(({ cause, database }) => ({ cause, database }))).toEqual([
      { cause: 'drift', database: first },
    ])
  },
)
