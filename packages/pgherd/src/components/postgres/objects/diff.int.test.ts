import { majors } from '@pgherd/testbed/postgres-programs.ts'
import { expect, test } from 'vitest'
import { diffObjects } from './diff.ts'
import { freshObjects } from './fresh.ts'
import { declare, ObjectServer } from './server.testkit.ts'

const spec = {
  databases: {
    shop: {
      owner: 'app',
      schemas: ['sales'],
      extensions: ['pg_trgm', 'earthdistance', 'uuid-ossp'],
      settings: { idle_session_timeout: '15min', search_path: '"$user", public, sales' },
      connectionLimit: 50,
    },
    archive: { owner: 'keeper', encoding: 'LATIN1', locale: 'C' },
  },
  roles: {
    app: {
      access: 'owner',
      databases: ['shop'],
      connectionLimit: 40,
      settings: { statement_timeout: '30s' },
    },
    keeper: { access: 'owner', databases: ['archive'] },
    writer: { access: 'readwrite', databases: ['shop'], validUntil: '2040-01-01T00:00:00.123456+02:00' },
    reader: { access: 'readonly' },
    boss: { access: 'admin' },
    watcher: { access: 'monitor' },
  },
} as const

test.each(majors)(
  'PostgreSQL %i: the fresh state is known, everything is made, and a second look finds nothing',
  async (major) => {
    await using server = await ObjectServer.start(major)
    const declared = declare(major, spec as never)
    const { extensions, ...observed } = await server.observe(declared)
    expect(observed).toEqual(freshObjects(major))
    expect(extensions?.map(({ name }) => name)).toContain('pg_trgm')

    const fresh = diffObjects(declared, 'fresh', { major })
    expect(fresh.findings).toEqual([])
    expect(fresh).toEqual(await server.diff(declared))
    expect(new Set(fresh.changes.map(({ id }) => id)).size).toBe(fresh.changes.length)
    await server.apply(fresh.changes)

    expect(await server.diff(declared, declared)).toEqual({ changes: [], findings: [] })
    // nor without knowing what was applied: after the state directory's journal is lost
    expect(await server.diff(declared)).toEqual({ changes: [], findings: [] })
  },
)
