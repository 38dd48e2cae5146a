import { expect, test } from 'vitest'
import { specSchema, type SpecInput } from '../spec/schema.ts'
import { fixedSettings } from './fixed-settings.ts'
import { gucOf, majorsWith, type Major } from './gucs/guc.ts'
import { impactOf } from './impact.ts'
import { GB, MB } from './size-text.ts'
import { factsOf } from './testdata/facts.ts'
import { tune } from './tune.ts'

function find(input: Omit<SpecInput, 'name'>, facts = factsOf()) {
  return tune(specSchema.parse({ name: 'shop', ...input }), facts).findings
}

const set = (name: string, value: string | number | boolean): Omit<SpecInput, 'name'> => ({
  postgres: { settings: { [name]: value } },
})
const on = (major: Major) => factsOf({ postgres: { major } })

test.each<[string, Omit<SpecInput, 'name'>, string, string, Major]>([
  ['a slip', set('work_memm', '4MB'), 'SETTING_UNKNOWN', 'did you mean work_mem?', 18],
  ['nonsense', set('flux_capacitor', 1), 'SETTING_UNKNOWN', 'no setting "flux_capacitor"', 18],
  ['injection', set('work_mem = 1\nfsync', 'off'), 'SETTING_UNKNOWN', 'no setting', 18],
  ['two dots', set('a.b.c', 'x'), 'SETTING_UNKNOWN', 'no setting', 18],
  [
    'a setting of a module',
    set('auto_explain.log_min_durations', 1),
    'SETTING_UNKNOWN',
    'did you mean auto_explain.log_min_duration?',
    18,
  ],
  ['a retired name', set('wal_keep_segments', 64), 'SETTING_RETIRED', 'gone since PostgreSQL 13', 18],
  [
    'a name retired later',
    set('old_snapshot_threshold', 1),
    'SETTING_RETIRED',
    'gone since PostgreSQL 17',
    17,
  ],
  ['a name still to come', set('io_method', 'sync'), 'SETTING_TOO_NEW', 'exists since PostgreSQL 18', 17],
  ['a bad unit', set('work_mem', '4mb'), 'SETTING_VALUE', '"mb" is not a unit', 18],
  ['a bad value', set('wal_compression', 'brotli'), 'SETTING_VALUE', 'none of', 18],
  ['out of range', set('checkpoint_completion_target', 2), 'SETTING_VALUE', 'outside 0 to 1', 18],
  ['fsync off', set('fsync', false), 'SETTING_FIXED', 'a crash of the machine destroys the database', 18],
  ['wal_level minimal', set('wal_level', 'minimal'), 'SETTING_FIXED', 'replica or logical', 18],
  ['a path', set('hba_file', '/tmp/x'), 'SETTING_FIXED', 'pgherd places', 18],
  ['the port', set('PORT', 1), 'SETTING_FIXED', 'port', 18],
  ['a built-in', set('block_size', 8192), 'SETTING_FIXED', 'built into the server', 18],
  ['a threshold', set('pgherd.connection_share', 1), 'SETTING_FIXED', 'threshold', 18],
  [
    'a slipped module',
    set('autoexplain.log_min_duration', 1),
    'SETTING_SUSPECT',
    'did you mean auto_explain',
    18,
  ],
  ['io_uring unprobed', set('io_method', 'io_uring'), 'SETTING_BUILD', 'no probe', 18],
  ['no limit for slots', set('max_slot_wal_keep_size', -1), 'WAL_ABOVE_VOLUME', 'has no limit', 18],
  ['more WAL than disk', set('max_wal_size', '90GB'), 'WAL_ABOVE_VOLUME', 'more than half', 18],
  ['fewer sessions than the pool', set('max_connections', 65), 'CONNECTIONS_BELOW_POOL', 'make 76', 18],
  ['more memory than there is', set('work_mem', '1GB'), 'MEMORY_OVERCOMMITTED', 'work_mem', 18],
  ['commits not waited for', set('synchronous_commit', false), 'DURABILITY_WEAKENED', 'lost in a crash', 18],
  ['a strange library', set('shared_preload_libraries', 'evil'), 'PRELOAD_UNKNOWN', 'evil', 18],
  [
    'memory above the machine',
    { postgres: { memory: '16GB' } },
    'MEMORY_ABOVE_MACHINE',
    '8 GB can be used',
    18,
  ],
  ['cpus above the machine', { postgres: { cpus: 64 } }, 'CPUS_ABOVE_MACHINE', 'settings follow 4', 18],
  ['a pool too large', { postgres: { connections: 10_000 } }, 'MEMORY_TOO_SMALL', '10016 sessions', 18],
  [
    'a server setting of a role',
    { roles: { app: { access: 'owner', settings: { max_wal_size: '1GB' } } } },
    'SETTING_SCOPE',
    'whole server',
    18,
  ],
  [
    'a slip in a database',
    { databases: { d: { owner: 'app', settings: { statment_timeout: '1s' } } } },
    'SETTING_UNKNOWN',
    'did you mean statement_timeout?',
    18,
  ],
])('%s', (_, input, code, detail, major) => {
  const findings = find(input, on(major))
  expect(findings.map((each) => each.code)).toEqual([code])
  expect(findings[0]?.detail).toContain(detail)
})

test.each<[string, Omit<SpecInput, 'name'>]>([
  ['fsync said again', set('fsync', 'true')],
  ['logical decoding', set('wal_level', 'LOGICAL')],
  [
    'a smaller timeout of a role',
    { roles: { app: { access: 'owner', settings: { idle_session_timeout: '15min' } } } },
  ],
  ['a setting of the application', set('app.tenant', 'none')],
  ['more connections', set('max_connections', 80)],
])('nothing is found in %s', (_, input) => {
  expect(find(input)).toEqual([])
})

test('refused settings are left out, so that what was computed stays', () => {
  const { settings } = tune(specSchema.parse({ name: 'shop', ...set('fsync', false) }), factsOf())
  expect(settings.find(({ name }) => name === 'fsync')).toMatchObject({ value: 'on', source: 'required' })
})

test('lz4 is refused on a build without it, and the volume decides what is too small', () => {
  const embedded = factsOf({ postgres: { flavour: 'embedded' } })
  expect(find(set('wal_compression', 'lz4'), embedded).map(({ code }) => code)).toEqual(['SETTING_BUILD'])
  expect(find(set('wal_compression', 'lz4'))).toEqual([])
  const volume = (totalBytes: number, freeBytes: number) =>
    factsOf({ volumes: { data: { totalBytes, freeBytes }, repository: { totalBytes, freeBytes } } })
  expect(find({}, volume(300 * MB, 300 * MB)).map(({ code }) => code)).toEqual(['VOLUME_TOO_SMALL'])
  expect(find({}, volume(100 * GB, 2 * GB)).map(({ code }) => code)).toEqual(['FREE_SPACE_SHORT'])
})

test('pg_cron in two databases is refused', () => {
  const databases = { a: { owner: 'o', extensions: ['pg_cron'] }, b: { owner: 'o', extensions: ['pg_cron'] } }
  expect(
    find({ databases }, factsOf({ postgres: { extensions: ['pg_cron'] } })).map(({ code }) => code),
  ).toEqual(['PRELOAD_DATABASES'])
})

test('every fixed setting exists, stands in one row, and allows only values the server takes', () => {
  const names = fixedSettings.flatMap((row) => row.names)
  expect(new Set(names).size).toBe(names.length)
  expect(names.filter((name) => majorsWith(name).length === 0)).toEqual([])
})

test('what pgherd requires itself is fixed for the user, or bounded by a limit', () => {
  const { settings } = tune(specSchema.parse({ name: 'shop' }), factsOf())
  const bounded = ['max_slot_wal_keep_size', 'synchronous_commit', 'shared_preload_libraries']
  const free = settings.filter(
    ({ name, source }) => source === 'required' && !name.startsWith('pgherd.') && !bounded.includes(name),
  )
  expect(
    free
      .filter(({ name }) => !fixedSettings.some(({ names }) => names.includes(gucOf(name, 18)?.name ?? '')))
      .map(({ name }) => name),
  ).toEqual([])
})

test('impact comes from the context of the setting in that major', () => {
  expect(impactOf('shared_buffers', 18)).toBe('restart')
  expect(impactOf('work_mem', 18)).toBe('reload')
  expect(impactOf('autovacuum_max_workers', 17)).toBe('restart')
  expect(impactOf('autovacuum_max_workers', 18)).toBe('reload')
  expect(impactOf('cron.database_name', 18)).toBe('restart')
})
