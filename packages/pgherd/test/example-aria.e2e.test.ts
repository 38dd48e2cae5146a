import type { Herd } from '@pgherd/testbed/herd.ts'
import pg from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { BitemporalStore, type ChangeResult } from '../../../examples/aria/src/bitemporal.ts'
import type { WorldFacts } from '../../../examples/aria/src/facts.ts'
import { explain, plan } from '../../../examples/aria/src/planning.ts'
import { expectReadme, herdOf, printed } from './example.fixture.ts'

let herd: Herd
let pool: pg.Pool
let store: BitemporalStore<WorldFacts>

const at = (hour: number) => `2026-05-04T${String(hour).padStart(2, '0')}:00:00Z`

beforeAll(async () => {
  herd = await herdOf('aria')
  expect((await herd.run('migrate', 'lint', '--json')).json()).toMatchObject({ findings: [] })
  expect((await herd.run('migrate', 'up', '--json')).code).toBe(0)
  expect(await printed(herd, 'aria_owner', 'aria', 'src/install.ts')).toContain('3 partitions made')
  pool = new pg.Pool({ connectionString: (await herd.url('aria_user')).url, max: 5 })
  store = new BitemporalStore<WorldFacts>({ pool })
})
afterAll(async () => {
  await pool?.end()
  await herd?.[Symbol.asyncDispose]()
})

test('the program prints what README.md says, and its code is the file', async () => {
  expectReadme('aria', {
    files: ['src/planning.ts'],
    outputs: [await printed(herd, 'aria_user', 'aria', 'src/main.ts')],
  })
})

test('every question as of both times has the answer that was right then', async () => {
  /** What is known of each hour after each step. */
  const steps: readonly [() => Promise<ChangeResult>, string][] = [
    [() => store.record('r1', 'at', 'a', { from: at(2) }), '..aaaaaaaa'],
    [() => store.supersede('r1', 'at', 'b', { from: at(6) }), '..aaaabbbb'],
    [() => store.correct('r1', 'at', 'c', { from: at(4), to: at(7) }), '..aacccbbb'],
    [() => store.retract('r1', 'at', { from: at(3), to: at(5) }), '..a..ccbbb'],
    [() => store.assert('r1', 'at', 'd', { from: at(0), to: at(9) }), 'dddddddddb'],
  ]
  const known: { recordedAt: string; expected: string }[] = []
  for (const [change, expected] of steps) known.push({ recordedAt: (await change()).recordedAt, expected })
  const hours = Array.from({ length: 10 }, (_, hour) => at(hour))
  for (const { recordedAt, expected } of known) {
    const answers = await Promise.all(
      hours.map(async (validAt) => (await store.get('r1', 'at', { validAt, recordedAt }))?.value ?? '.'),
    )
    expect(answers.join('')).toBe(expected)
  }
  const spans = async (recordedAt?: string) =>
    (await store.timeline('r1', 'at', recordedAt === undefined ? {} : { recordedAt })).map(
      ({ value, valid }) => `${value}${valid.from.slice(11, 13)}`,
    )
  expect(await spans()).toEqual(['d00', 'b09'])
  expect(await spans(known[3]?.recordedAt)).toEqual(['a02', 'c05', 'b07'])
  const counts = []
  for await (const { removed, added } of store.changes({ after: known[1]?.recordedAt ?? '', subject: 'r1' }))
    counts.push([removed.length, added.length])
  expect(counts).toHaveLength(3)
})

test('a plan is explained by what was known then', async () => {
  await store.record('r2', 'at', 'dock', { from: at(1) })
  const { id, start } = await plan(store, 'r2', 'fetch', at(5))
  expect(start).toBe('dock')
  await store.correct('r2', 'at', 'gate', { from: at(4) })
  expect(await explain(pool, store, id)).toEqual({ then: 'dock', now: 'gate' })
  expect((await plan(store, 'r9', 'fetch', at(5))).start).toBeUndefined()
})

test('a fact and the row beside it are stored both or neither', async () => {
  const work = store.transaction(async (client) => {
    await store.record('r3', 'at', 'dock', { from: at(1), client })
    await client.query(`insert into plan (robot, goal) values ('r3', null)`)
  })
  await expect(work).rejects.toMatchObject({ code: '23502' })
  expect(await store.version('r3', 'at')).toBe(0)
})

test('of many who know the same version one is right, the others are told', async () => {
  const { version } = await store.record('r4', 'at', 'dock', { from: at(1) })
  const results = await Promise.allSettled(
    ['x', 'y', 'z'].map((shelf) => store.supersede('r4', 'at', shelf, { from: at(2), expected: version })),
  )
  expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
  for (const result of results)
    if (result.status === 'rejected')
      expect(result.reason).toMatchObject({ code: 'VERSION_CONFLICT', actual: version + 1 })
})

test('whoever writes the tables, there are no two answers for one moment', async () => {
  await store.record('r5', 'at', 'dock', { from: at(1) })
  const second = `insert into bitemporal.current_fact (key_id, value, valid_from, valid_to, recorded_from)
    select key_id, '"gate"', valid_from + interval '1 hour', valid_to, recorded_from from bitemporal.current_fact
    where key_id = (select id from bitemporal.fact_key where subject = 'r5')`
  await expect(pool.query(second)).rejects.toMatchObject({ code: '23P01' })
  await expect(pool.query('drop table bitemporal.current_fact')).rejects.toMatchObject({ code: '42501' })
})

test('the server is as the document asks, and pgherd finds nothing undeclared', async () => {
  const { rows } = await pool.query(
    `select name, current_setting(name) as value from pg_settings where name in ('log_statement', 'pg_stat_statements.max',
       'pg_stat_statements.track', 'random_page_cost', 'ssl', 'max_connections') order by name`,
  )
  expect(rows.map(({ name, value }) => `${name} ${value}`)).toEqual([
    'log_statement ddl',
    'max_connections 113',
    'pg_stat_statements.max 10000',
    'pg_stat_statements.track all',
    'random_page_cost 1.1',
    'ssl on',
  ])
  expect(await herd.admin('show server_version_num')).toMatch(/^15/)
  expect(await printed(herd, 'aria_owner', 'aria', 'src/install.ts')).toContain('0 partitions made')
  expect((await herd.run('plan', '--json')).json()).toMatchObject({ steps: [] })
})
