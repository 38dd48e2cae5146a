import { expect, test } from 'vitest'
import { ThrowawayServer } from '../../../../testbed/src/throwaway-server.ts'
import { buildOptions } from './build-options.ts'
import { gucOf, majors, type Major } from './guc.ts'

/** Settings that only a distribution's patch adds, or whose value is the version itself. */
const leftOut = new Set([
  'extension_destdir',
  'server_version_num',
  // came with a minor release: servers of one major differ in them
  'composite_type_mismatch',
  'output_plugin_libraries',
])
/** Modules of contrib whose settings a user may want; loaded so that pg_settings shows theirs. */
const preloaded = 'pg_stat_statements,auto_explain,pg_prewarm,auth_delay'
const loaded = ['plpgsql', 'pg_trgm', 'postgres_fdw']

interface SettingRow {
  name: string
  vartype: string
  context: string
  unit: string | null
  min_val: string | null
  max_val: string | null
  enumvals: string[] | null
}

async function settingsOf(major: Major): Promise<Map<string, string>> {
  await using server = await ThrowawayServer.start({
    major,
    settings: { shared_preload_libraries: preloaded },
  })
  const { rows } = await server
    .query(
      `do $$ begin ${loaded.map((library) => `load '${library}';`).join(' ')} end $$;
     select name, vartype, context, unit, min_val, max_val, enumvals from pg_settings order by lower(name)`,
    )
    .then((result) => (result as unknown as { rows: SettingRow[] }[])[1] ?? { rows: [] })
  const entries = rows
    .filter(({ name }) => !leftOut.has(name))
    .map((row): [string, string] => {
      const extra = buildOptions.filter(({ name }) => name === row.name).map(({ value }) => value)
      const bounds =
        row.vartype === 'enum'
          ? [[...new Set([...(row.enumvals ?? []), ...extra])].sort()]
          : row.min_val === null
            ? []
            : [Number(row.min_val), Number(row.max_val)]
      return [row.name, JSON.stringify([row.vartype, row.context, row.unit ?? '', ...bounds]).slice(1)]
    })
  return new Map(entries)
}

test('the table says what the servers say (after a change of PostgreSQL: vitest -u)', async () => {
  const perMajor = new Map<Major, Map<string, string>>()
  for (const major of majors) perMajor.set(major, await settingsOf(major))
  const names = [...new Set([...perMajor.values()].flatMap((settings) => [...settings.keys()]))].sort()
  const lines = names.map((name) => {
    const spans: { from: Major; to: Major; rest: string }[] = []
    for (const major of majors) {
      const rest = perMajor.get(major)?.get(name)
      const last = spans.at(-1)
      if (rest === undefined) continue
      if (last && last.to === major - 1 && last.rest === rest) last.to = major
      else spans.push({ from: major, to: major, rest })
    }
    return `${JSON.stringify(name)}:[${spans.map(({ from, to, rest }) => `[${from},${to},${rest}`).join(',')}]`
  })
  expect(lines.length).toBeGreaterThan(380)
  await expect(`{\n${lines.join(',\n')}\n}\n`).toMatchFileSnapshot('./guc-table.json')
})

test('the table is read per major', () => {
  expect(gucOf('WORK_mem', 15)).toEqual({
    name: 'work_mem',
    type: 'integer',
    context: 'user',
    unit: 'kB',
    min: 64,
    max: 2147483647,
  })
  expect(gucOf('autovacuum_max_workers', 17)?.context).toBe('postmaster')
  expect(gucOf('autovacuum_max_workers', 18)?.context).toBe('sighup')
  expect(gucOf('io_method', 17)).toBeUndefined()
  expect(gucOf('io_method', 18)?.values).toEqual(['io_uring', 'sync', 'worker'])
})
