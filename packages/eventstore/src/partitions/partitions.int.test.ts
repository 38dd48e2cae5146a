import { expect, test } from 'vitest'
import { all } from '@pgherd/testbed/pooled-server.ts'
import { onServers } from '../servers.testkit.ts'
import { addPartition } from './add-partition.ts'
import { adviseMetadataIndexes } from './metadata-indexes.ts'
import { listPartitions } from './partition-list.ts'
import { archivePartition, dropPartition } from './retire-partition.ts'

type Noted = { type: 'Noted'; data: number; id?: string; metadata?: Record<string, unknown> }
const noted = (data: number): Noted => ({ type: 'Noted', data })
const some = (count: number): Noted[] => Array.from({ length: count }, (_, n) => noted(n))
const every = 1000

onServers('partitions', (server) => {
  test('are added under writers and a subscription: nothing fails, nothing is lost or repeated, and streams go over their ends', async () => {
    const { store, schema } = await server().newStore<Noted>()
    const options = { schema, every }
    const seen: number[] = []
    const subscription = await store.subscribe({
      name: 'all',
      pollMs: 5,
      handle: (events) => void seen.push(...events.map(({ position }) => position)),
    })
    let isWriting = true
    const acknowledged = new Map<string, number>()
    const writing = Array.from({ length: 4 }, async (_, writer) => {
      for (let n = 0; isWriting; n++) {
        const { version } = await store.append(`w${writer}`, n % 5 === 0 ? some(20) : [noted(n)])
        acknowledged.set(`w${writer}`, version)
      }
    })
    const added: (string | undefined)[] = []
    for (let round = 0; round < 40 && added.filter(Boolean).length < 3; round++) {
      added.push(await addPartition(server().pool, options))
      await store.append('filler', some(150))
    }
    isWriting = false
    await Promise.all(writing)
    await subscription.caughtUp()
    expect(added.filter(Boolean).length).toBe(3)
    const partitions = await listPartitions(server().pool, options)
    expect(partitions.map(({ from }) => from)).toEqual([
      undefined,
      ...partitions.slice(0, -1).map(({ before }) => before),
    ])
    expect(partitions.at(-1)?.before).toBeUndefined()
    expect(partitions.map(({ name }) => name)).toEqual(['event_0', ...added.filter(Boolean)])
    const positions = (await all(store.readAll())).map(({ position }) => position)
    expect(positions).toEqual([...positions].sort((a, b) => a - b))
    expect(seen).toEqual(positions)
    for (const [stream, version] of acknowledged) {
      const versions = (await all(store.read(stream))).map((event) => event.version)
      expect(versions).toEqual(Array.from({ length: version }, (_, index) => index + 1))
      const back = (await all(store.read(stream, { backwards: true }))).map((event) => event.version)
      expect(back).toEqual(versions.reverse())
    }
    await subscription.stop()
  })

  test('keep versions, conflicts and ids: an id that is stored in an older one is known', async () => {
    const { store, schema } = await server().newStore<Noted>()
    const options = { schema, every }
    const first = { ...noted(1), id: '0192f0c1-0000-7000-8000-000000000000' }
    await store.append('s', [first])
    await addPartition(server().pool, options)
    await store.append('filler', some(1100))
    expect(await store.append('s', [noted(2)], { expected: 1 })).toMatchObject({ version: 2 })
    await expect(store.append('s', [noted(3)], { expected: 1 })).rejects.toMatchObject({
      code: 'VERSION_CONFLICT',
      actual: 2,
    })
    expect(await store.append('s', [first], { expected: 'none' })).toMatchObject({
      version: 1,
      stored: false,
    })
    await expect(store.append('other', [first])).rejects.toMatchObject({ code: 'EVENT_ID_REUSED' })
    const { rows } = await server().pool.query(
      `select tableoid::regclass::text as name from ${schema}.event where data::text in ('1', '2') and stream_id = 1`,
    )
    expect(new Set(rows.map(({ name }) => name)).size).toBe(2)
  })

  test('may be added by two programs at once, and the user keeps what was granted', async () => {
    const { schema, store } = await server().newStore<Noted>()
    const { pool } = server()
    await store.append('s', [noted(1)])
    await pool.query(`create role reader_${schema}; grant select on ${schema}.event to reader_${schema}`)
    const results = await Promise.allSettled([1, 2].map(() => addPartition(pool, { schema, every })))
    expect(results.some(({ status }) => status === 'fulfilled')).toBe(true)
    for (const result of results)
      if (result.status === 'rejected') expect(result.reason).toMatchObject({ code: 'PARTITION_BUSY' })
    expect(await listPartitions(pool, { schema })).toHaveLength(2)
    const { rows } = await pool.query(
      `select has_table_privilege('reader_${schema}', '${schema}.event', 'select') as may`,
    )
    expect(rows).toEqual([{ may: true }])
    const { rows: left } = await pool.query(
      `select 1 from pg_constraint where conname = 'event_partition_end' and connamespace = '${schema}'::regnamespace`,
    )
    expect(left).toEqual([])
  })

  test('wait for a long transaction without keeping appends waiting behind them', async () => {
    const { store, schema } = await server().newStore<Noted>()
    const { pool } = server()
    await store.append('s', [noted(1)])
    const reader = await pool.connect()
    await reader.query(`begin; select 1 from ${schema}.event`)
    const adding = addPartition(pool, { schema, every })
    for (let n = 0; n < 20; n++) await store.append('s', [noted(n)])
    await reader.query('commit')
    reader.release()
    await adding
    expect(await listPartitions(pool, { schema })).toHaveLength(2)
  })

  test('that are old go by their name: archived or dropped, in order, and no subscription misses anything unasked', async () => {
    const { store, schema } = await server().newStore<Noted>()
    const { pool } = server()
    const options = { schema, every }
    await store.append('old', some(400))
    await store.append('long', some(700))
    await addPartition(pool, options)
    await store.append('long', some(1500))
    await addPartition(pool, options)
    await store.append('long', some(1500))
    await addPartition(pool, options)
    const [first, second] = await listPartitions(pool, options)
    const names = [first?.name ?? '', second?.name ?? ''] as const
    await expect(dropPartition(pool, 'event_7', options)).rejects.toMatchObject({ code: 'PARTITION_MISSING' })
    await expect(dropPartition(pool, names[1], options)).rejects.toMatchObject({ code: 'PARTITION_IN_USE' })
    const late = await store.subscribe({ name: 'late', handle: { Noted: () => undefined } })
    await late.caughtUp()
    await late.stop()
    await pool.query(`update ${schema}.subscription set position = 5`)
    await expect(archivePartition(pool, names[0], options)).rejects.toMatchObject({
      code: 'PARTITION_IN_USE',
    })
    const before = await all(store.readAll())
    await archivePartition(pool, names[0], { ...options, unread: true })
    const after = await all(store.readAll())
    expect(after).toEqual(before.filter(({ position }) => position >= (first?.before ?? 0)))
    const { rows } = await pool.query(`select count(*)::int as count from ${schema}.${names[0]}`)
    expect(rows).toEqual([{ count: before.length - after.length }])
    const kept = await all(store.read('long'))
    expect(await store.stream('long')).toMatchObject({ version: 3700, truncatedBefore: kept[0]?.version })
    expect(await all(store.read('old'))).toEqual([])
    const count = { initial: () => 0, evolve: (state: number) => state + 1 }
    await expect(store.aggregate('old', count)).rejects.toMatchObject({ code: 'STREAM_TRUNCATED' })
    await expect(store.aggregate('long', count)).rejects.toMatchObject({ code: 'STREAM_TRUNCATED' })
    expect(await store.append('old', [noted(1)], { expected: 400 })).toMatchObject({ version: 401 })
    await dropPartition(pool, names[1], { ...options, unread: true })
    expect(await listPartitions(pool, options)).toHaveLength(2)
    const [{ name: last } = { name: '' }] = (await listPartitions(pool, options)).slice(-1)
    await expect(dropPartition(pool, last, options)).rejects.toMatchObject({ code: 'PARTITION_IN_USE' })
  })

  test('a page of the whole store and of a stream walks indexes, and the store only the partitions it needs', async () => {
    const { store, schema } = await server().newStore<Noted>()
    const { pool } = server()
    for (let n = 0; n < 4; n++) {
      await store.append('long', some(1200))
      await addPartition(pool, { schema, every })
    }
    await pool.query(`analyze ${schema}.event`)
    const buffers = async (text: string): Promise<number> => {
      await pool.query(text)
      const { rows } = await pool.query(`explain (analyze, buffers, format json) ${text}`)
      const plan = rows[0]['QUERY PLAN'][0].Plan
      return plan['Shared Hit Blocks'] + plan['Shared Read Blocks']
    }
    // 10 events lie on one page or two; a scan of all would touch about 50
    expect(await buffers(`select * from ${schema}.read_range(4000, 9999, null, 1, 0, 10)`)).toBeLessThan(25)
    expect(await buffers(`select * from ${schema}.read_stream('long', 4000, false, 10)`)).toBeLessThan(40)
  })
})

onServers('indexes for metadata', (server) => {
  test('are advised for keys by which few events are found, and not twice', async () => {
    const { store, schema } = await server().newStore<Noted>()
    await store.append(
      's',
      Array.from({ length: 200 }, (_, n) => ({
        ...noted(n),
        metadata: { correlationId: `c${n >> 1}`, "user's": 'ann', ...(n < 4 ? { rare: 'x' } : {}) },
      })),
    )
    const { pool } = server()
    const advice = await adviseMetadataIndexes(pool, { schema })
    expect(
      advice.map(({ key, share, values, statement }) => [key, share, values, statement !== undefined]),
    ).toEqual([
      ['correlationId', 1, 100, true],
      ['rare', 0.02, 1, true],
      ["user's", 1, 1, false],
    ])
    await pool.query(advice[0]?.statement ?? '')
    expect((await adviseMetadataIndexes(pool, { schema }))[0]).toMatchObject({
      isIndexed: true,
      statement: undefined,
    })
    const results = (await pool.query(
      `begin; set local enable_seqscan = off;
       explain select * from ${schema}.event where metadata ->> 'correlationId' = 'c7'; rollback`,
    )) as unknown as { rows: { 'QUERY PLAN': string }[] }[]
    const rows = results[2]?.rows ?? []
    expect(rows.map((row) => row['QUERY PLAN']).join('\n')).toMatch(/Index Scan|Bitmap Index Scan/)
  })
})
