import fc from 'fast-check'
import { expect, test } from 'vitest'
import { specSchema, type SpecInput } from '../spec/schema.ts'
import type { HostFacts } from '../topology/host-facts.ts'
import { gucOf, majors, type Major } from './gucs/guc.ts'
import { bytesOf, readGucValue } from './gucs/guc-value.ts'
import { GB, MB } from './size-text.ts'
import { factsOf } from './testdata/facts.ts'
import { tune, type Tuning } from './tune.ts'

function specOf(input: Omit<SpecInput, 'name'> = {}) {
  return specSchema.parse({ name: 'shop', ...input })
}

function valueOf({ settings }: Tuning, name: string): string | undefined {
  return settings.find((setting) => setting.name === name)?.value
}

/** Value in bytes, or as a plain number. */
function numberOf(tuning: Tuning, name: string, major: Major): number {
  const guc = gucOf(name, major)
  const reading = guc && readGucValue(guc, valueOf(tuning, name) ?? '')
  if (!guc || !reading?.ok || reading.number === undefined) throw new Error(`no number in ${name}`)
  return bytesOf(guc, reading.number)
}

const workload = fc.constantFrom('oltp', 'web', 'dw', 'mixed', 'eventsourcing')
const storage = fc.constantFrom('ssd', 'hdd', 'san', 'nvme')
/** Sizes on a scale of powers, as machines come. */
const sizeBetween = (low: number, high: number) =>
  fc.double({ min: Math.log2(low), max: Math.log2(high), noNaN: true }).map((power) => Math.floor(2 ** power))

const machine = fc.record({
  memory: sizeBetween(256 * MB, 1024 * GB),
  declared: fc.boolean(),
  cpus: fc.integer({ min: 1, max: 256 }),
  workload,
  storage,
  connections: fc.oneof(fc.integer({ min: 1, max: 200 }), fc.integer({ min: 1, max: 10_000 })),
  volume: sizeBetween(512 * MB, 64 * 1024 * GB),
  major: fc.constantFrom(...majors),
  rto: fc.integer({ min: 30, max: 100_000 }),
  platform: fc.constantFrom('linux', 'darwin'),
  flavour: fc.constantFrom('embedded', 'system', 'path'),
  ioUring: fc.boolean(),
})

function tuneMachine(of: typeof machine extends fc.Arbitrary<infer T> ? T : never): {
  tuning: Tuning
  facts: HostFacts
} {
  const facts = factsOf({
    memoryBytes: of.memory,
    cpus: of.cpus,
    platform: of.platform,
    volumes: {
      data: { totalBytes: of.volume, freeBytes: of.volume },
      repository: { totalBytes: of.volume, freeBytes: of.volume },
    },
    postgres: { major: of.major, flavour: of.flavour as 'system', ioUring: of.ioUring },
  })
  const spec = specOf({
    postgres: { workload: of.workload as 'web', storage: of.storage as 'ssd', connections: of.connections },
    backups: { objectives: { rto: `${of.rto}s` } },
  })
  return {
    tuning: tune(of.declared ? { ...spec, postgres: { ...spec.postgres, memory: of.memory } } : spec, facts),
    facts,
  }
}

test('whatever the machine, the worst case fits into memory, or the spec is refused', () => {
  fc.assert(
    fc.property(machine, (of) => {
      const { tuning, facts } = tuneMachine(of)
      const number = (name: string) => numberOf(tuning, name, of.major)
      const sessions = of.connections + number('max_parallel_workers')
      const most =
        number('shared_buffers') +
        sessions * number('work_mem') * number('hash_mem_multiplier') +
        number('autovacuum_max_workers') * number('autovacuum_work_mem') +
        number('maintenance_work_mem') +
        number('wal_buffers')
      const refused = tuning.findings.some(({ code }) => code === 'MEMORY_TOO_SMALL')
      return refused || most <= facts.memoryBytes
    }),
    { numRuns: 2000 },
  )
})

test('a machine with 1 GB takes the default pool, one with 256 MB a small one', () => {
  const codes = (memoryBytes: number, connections: number) =>
    tune(specOf({ postgres: { connections } }), factsOf({ memoryBytes })).findings.map(({ code, mend }) => [
      code,
      mend.kind === 'edit' ? mend.to : '',
    ])
  expect(codes(GB, 60)).toEqual([])
  expect(codes(256 * MB, 60)).toEqual([['MEMORY_TOO_SMALL', expect.any(Number)]])
  expect(codes(256 * MB, Number(codes(256 * MB, 60)[0]?.[1]))).toEqual([])
})

test('whatever the machine, the server would take every value, each name once, each with a reason', () => {
  fc.assert(
    fc.property(machine, (of) => {
      const { tuning } = tuneMachine(of)
      for (const { name, value, reason } of tuning.settings) {
        const guc = gucOf(name, of.major)
        if (!guc) expect(name).toMatch(/^pgherd\./)
        else
          expect([name, value, readGucValue(guc, value).ok, guc.context]).toEqual([
            name,
            value,
            true,
            expect.not.stringMatching('internal'),
          ])
        expect(reason.length).toBeGreaterThan(10)
        expect(reason).not.toMatch(/undefined|NaN|Infinity/)
      }
      expect(new Set(tuning.settings.map(({ name }) => name)).size).toBe(tuning.settings.length)
    }),
    { numRuns: 300 },
  )
})

test('whatever the volume, the write-ahead log keeps to a quarter of it', () => {
  fc.assert(
    fc.property(machine, (of) => {
      const { tuning } = tuneMachine(of)
      const number = (name: string) => numberOf(tuning, name, of.major)
      expect(number('max_wal_size')).toBeGreaterThanOrEqual(number('min_wal_size'))
      expect(number('min_wal_size')).toBeGreaterThanOrEqual(32 * MB)
      expect(number('max_slot_wal_keep_size')).toBeGreaterThan(0)
      expect(number('max_wal_size') + number('max_slot_wal_keep_size')).toBeLessThanOrEqual(of.volume / 4)
    }),
  )
})

test('the pool decides the sessions, and cgroup memory the buffers', () => {
  const facts = factsOf({ memoryBytes: 1 * GB, cpus: 2 })
  const tuning = tune(specOf({ postgres: { memory: '1GB', connections: 40, workload: 'web' } }), facts)
  expect(tuning.findings).toEqual([])
  expect(valueOf(tuning, 'shared_buffers')).toBe('256MB')
  expect(valueOf(tuning, 'max_connections')).toBe(String(40 + 10 + 3 + 3))
  expect(valueOf(tuning, 'work_mem')).toBe('4MB')
})

test.each([
  ['io_method', { 15: undefined, 17: undefined, 18: 'worker' }],
  ['effective_io_concurrency', { 15: '32', 17: '32', 18: '16' }],
  ['reserved_connections', { 15: undefined, 16: '3', 18: '3' }],
  ['autovacuum_worker_slots', { 17: undefined, 18: '16' }],
  ['idle_replication_slot_timeout', { 17: undefined, 18: '0' }],
  ['log_connections', { 17: 'on', 18: 'authentication,authorization' }],
])('%s follows the version', (name, expected) => {
  for (const [major, value] of Object.entries(expected)) {
    const tuning = tune(specOf(), factsOf({ postgres: { major: Number(major) as Major } }))
    expect([major, valueOf(tuning, name)]).toEqual([major, value])
  }
})

test('io_uring only after a probe; read-ahead hints only where the system has them', () => {
  expect(valueOf(tune(specOf(), factsOf({ postgres: { ioUring: true } })), 'io_method')).toBe('io_uring')
  expect(
    valueOf(
      tune(specOf(), factsOf({ platform: 'darwin', postgres: { major: 17 } })),
      'effective_io_concurrency',
    ),
  ).toBe('0')
  expect(
    valueOf(
      tune(specOf(), factsOf({ platform: 'darwin', postgres: { major: 18 } })),
      'effective_io_concurrency',
    ),
  ).toBe('16')
})

test('compression follows the build', () => {
  expect(valueOf(tune(specOf(), factsOf()), 'wal_compression')).toBe('lz4')
  expect(valueOf(tune(specOf(), factsOf({ postgres: { flavour: 'embedded' } })), 'wal_compression')).toBe(
    'pglz',
  )
})

test('the profiles differ where the workloads do', () => {
  const of = (workload: 'dw' | 'eventsourcing' | 'oltp', name: string) =>
    valueOf(tune(specOf({ postgres: { workload } }), factsOf({ memoryBytes: 32 * GB, cpus: 8 })), name)
  expect([of('dw', 'jit'), of('eventsourcing', 'jit'), of('oltp', 'jit')]).toEqual(['on', 'off', 'off'])
  expect(of('eventsourcing', 'autovacuum_vacuum_insert_scale_factor')).toBe('0.05')
  expect(of('dw', 'default_statistics_target')).toBe('500')
  expect(of('dw', 'max_parallel_workers_per_gather')).toBe('4')
  expect(of('oltp', 'max_parallel_workers_per_gather')).toBe('2')
})

test('synchronous backups make commits wait for the archive', () => {
  expect(valueOf(tune(specOf(), factsOf()), 'synchronous_standby_names')).toBe('')
  expect(
    valueOf(tune(specOf({ backups: { synchronous: true } }), factsOf()), 'synchronous_standby_names'),
  ).toBe('pgherd_wal')
})

test('one line of libraries: those of declared and installed extensions, pg_stat_statements always', () => {
  const databases = { a: { owner: 'o', extensions: ['timescaledb', 'pg_cron', 'pgaudit'] } }
  const facts = factsOf({ postgres: { extensions: ['pg_stat_statements', 'timescaledb', 'pg_cron'] } })
  const tuning = tune(
    specOf({ databases, postgres: { settings: { shared_preload_libraries: 'auto_explain, pg_cron' } } }),
    facts,
  )
  expect(
    tuning.settings.filter(({ name }) => name === 'shared_preload_libraries').map(({ value }) => value),
  ).toEqual(['timescaledb,pg_stat_statements,pg_cron,auto_explain'])
  expect(valueOf(tuning, 'cron.database_name')).toBe('a')
  expect(Number(valueOf(tuning, 'max_worker_processes'))).toBeGreaterThanOrEqual(19 + 5 + 4)
  expect(valueOf(tune(specOf(), factsOf({ postgres: { extensions: [] } })), 'shared_preload_libraries')).toBe(
    '',
  )
})

test('settings of the spec win, say what they replaced, and the others fit around them', () => {
  const plain = tune(specOf(), factsOf())
  const tuning = tune(
    specOf({ postgres: { settings: { Hash_Mem_Multiplier: 8, commit_delay: 100, 'myapp.tenant': 'x' } } }),
    factsOf(),
  )
  expect(tuning.findings).toEqual([])
  expect(tuning.settings.find(({ name }) => name === 'hash_mem_multiplier')).toEqual({
    name: 'hash_mem_multiplier',
    value: '8',
    reason: 'postgres.settings says so, instead of 2',
    source: 'spec',
    subject: 'memory',
  })
  expect(numberOf(tuning, 'work_mem', 18)).toBeLessThan(numberOf(plain, 'work_mem', 18))
  expect(valueOf(tuning, 'commit_delay')).toBe('100')
  expect(valueOf(tuning, 'myapp.tenant')).toBe('x')
})
