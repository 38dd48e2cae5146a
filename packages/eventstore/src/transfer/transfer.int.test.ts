import fc from 'fast-check'
import { expect, test } from 'vitest'
import { install } from '../schema/install.ts'
import { all } from '@pgherd/testbed/pooled-server.ts'
import { onServers, type StoreServer } from '../servers.testkit.ts'
import { exportEvents } from './export-events.ts'
import { importEvents } from './import-events.ts'
import { verifyExport } from './read-export.ts'

type Noted = { type: string; data?: unknown; tags?: string[]; metadata?: Record<string, unknown> }

const sum = {
  initial: () => 0,
  evolve: (state: number) => state + 1,
  snapshot: { name: 'count', every: 1, stateVersion: 1 },
}

/** Streams of every kind: with quotes and emoji, truncated, archived, tombstoned, without events, with gaps in positions. */
async function filled(server: StoreServer): Promise<string> {
  const { store, schema } = await server.newStore<Noted>()
  await store.append(`it's "a" 😀\n`, [
    { type: 'Noted', data: { text: '\u2028 "\\\n 漢' }, metadata: { userId: 'ann' } },
    { type: 'Noted' },
    { type: 'Noted', data: null },
  ])
  await store.append('truncated', [
    { type: 'Noted', data: 1 },
    { type: 'Noted', data: 2 },
    { type: 'Noted', data: 3 },
  ])
  await store.truncateBefore('truncated', 3)
  await store.append('archived', [{ type: 'Noted', data: 'x'.repeat(5_000_000) }])
  await store.archive('archived')
  await store.append('gone', [{ type: 'Noted' }])
  await store.tombstone('gone')
  await store.setStreamMetadata('empty', { owner: 'ann' })
  await store.append(
    'last',
    Array.from({ length: 2500 }, (_, n) => ({ type: 'Noted', data: { n }, tags: [`n:${n}`, 'all'] })),
  )
  await store.aggregate('last', sum)
  return schema
}

/** Everything that is to be the same afterwards. */
async function contents(server: StoreServer, schema: string): Promise<unknown> {
  const queries = [
    'select * from es.stream order by id',
    'select *, data::text, metadata::text from es.event order by position',
    'select *, state::text from es.snapshot order by stream_id',
    'select * from es.event_tag order by tag, position',
    'select last_value from es.event_position',
  ]
  const results = await Promise.all(
    queries.map((text) => server.pool.query(text.replace('es.', `${schema}.`))),
  )
  return results.map(({ rows }) => rows)
}

async function* piecesOf(file: Buffer, size = 65_536): AsyncGenerator<Buffer, void, undefined> {
  for (let at = 0; at < file.length; at += size) yield file.subarray(at, at + size)
}

onServers('an export', (server) => {
  const emptyStore = async (): Promise<string> => {
    const schema = `into${Math.random().toString(36).slice(2)}`
    await install(server().pool, { schema })
    return schema
  }
  const file = async (schema: string, snapshots = true): Promise<Buffer> =>
    Buffer.from((await all(exportEvents(server().pool, { schema, snapshots }))).join(''))

  test('imported elsewhere is the same store, down to the microsecond, which goes on with the next position', async () => {
    const from = await filled(server())
    const exported = await file(from)
    const schema = await emptyStore()
    const summary = await importEvents(server().pool, piecesOf(exported), { schema })
    expect(await contents(server(), schema)).toEqual(await contents(server(), from))
    expect(summary).toEqual(await verifyExport(piecesOf(exported, 7001)))
    expect(summary.counts).toEqual({ stream: 6, event: 2505, snapshot: 1, tag: 5000 })
    const [before, after] = [server().open<Noted>({ schema: from }), server().open<Noted>({ schema })]
    expect(await all(after.readAll())).toEqual(await all(before.readAll()))
    expect(await after.aggregate('last', sum)).toMatchObject({ state: 2500, replayed: 0 })
    const next = await after.append('last', [{ type: 'Noted' }], { expected: 2500 })
    expect(next.position).toBe(summary.lastPosition + 1)
    expect(await after.append('new', [{ type: 'Noted' }])).toMatchObject({ version: 1 })
    await expect(after.append('gone', [{ type: 'Noted' }])).rejects.toMatchObject({
      code: 'STREAM_TOMBSTONED',
    })
    await expect(after.append('archived', [{ type: 'Noted' }])).rejects.toMatchObject({
      code: 'STREAM_ARCHIVED',
    })
    await expect(
      after.aggregate('truncated', { initial: () => 0, evolve: (s: number) => s }),
    ).rejects.toMatchObject({
      code: 'STREAM_TRUNCATED',
    })
  })

  test('of events only has no snapshots', async () => {
    const exported = await file(await filled(server()), false)
    const schema = await emptyStore()
    await importEvents(server().pool, piecesOf(exported), { schema })
    const store = server().open<Noted>({ schema })
    expect(await store.aggregate('last', sum)).toMatchObject({ state: 2500, replayed: 2500 })
  })

  test('with any byte changed is refused by the number of its line, and nothing is stored', async () => {
    const { store, schema: from } = await server().newStore<Noted>()
    for (let n = 0; n < 20; n++) await store.append(`s${n % 3}`, [{ type: 'Noted', data: { n } }])
    const exported = await file(from)
    const schema = await emptyStore()
    const flips = fc.record({ at: fc.nat(exported.length - 1), bit: fc.nat(7) })
    await fc.assert(
      fc.asyncProperty(flips, async ({ at, bit }) => {
        const changed = Buffer.from(exported)
        changed[at] = (changed[at] ?? 0) ^ (1 << bit)
        const line = exported.subarray(0, at).filter((byte) => byte === 0x0a).length + 1
        const importing = importEvents(server().pool, piecesOf(changed), { schema })
        await expect(importing).rejects.toMatchObject({
          code: 'EXPORT_DAMAGED',
          detail: expect.stringMatching(new RegExp(`line ${line}\\b`)),
        })
      }),
      { numRuns: 40 },
    )
    expect(await contents(server(), schema)).toMatchObject([[], [], [], [], [{ last_value: '0' }]])
  })

  test('that breaks off anywhere, or has lines moved, left out, repeated or added, is refused', async () => {
    const { store, schema: from } = await server().newStore<Noted>()
    for (let n = 0; n < 5; n++) await store.append('s', [{ type: 'Noted', data: { n } }])
    const exported = await file(from)
    const schema = await emptyStore()
    const lines = exported.toString().trimEnd().split('\n')
    const refused = { code: 'EXPORT_DAMAGED' }
    for (let end = 0; end < exported.length - 1; end += 13)
      await expect(verifyExport(piecesOf(exported.subarray(0, end)))).rejects.toMatchObject(refused)
    const [first, second, third, ...rest] = lines
    for (const changed of [
      [first, third, second, ...rest],
      [first, third, ...rest],
      [first, second, second, third, ...rest],
      [...lines, lines.at(-1)],
      lines.slice(1),
      lines.slice(0, -1),
    ])
      await expect(
        importEvents(server().pool, piecesOf(Buffer.from(`${changed.join('\n')}\n`)), { schema }),
      ).rejects.toMatchObject(refused)
    await expect(
      importEvents(server().pool, piecesOf(exported), { schema, digest: 'of another' }),
    ).rejects.toMatchObject(refused)
    const { digest } = await verifyExport(piecesOf(exported))
    await importEvents(server().pool, piecesOf(exported), { schema, digest })
  })

  test('is not imported into a store that has streams', async () => {
    const exported = await file(await filled(server()))
    const { store, schema } = await server().newStore<Noted>()
    await store.append('other', [{ type: 'Noted' }])
    await expect(importEvents(server().pool, piecesOf(exported), { schema })).rejects.toMatchObject({
      code: 'STORE_NOT_EMPTY',
    })
    expect(await all(store.readAll())).toHaveLength(1)
  })

  test('holds one moment though writers go on, and a subscription of the imported store sees all of it', async () => {
    const { store, schema: from } = await server().newStore<Noted>()
    let isWriting = true
    const writing = (async () => {
      for (let n = 0; isWriting; n++)
        await store.appendBatch(
          ['a', 'b'].map((stream) => ({ stream, events: [{ type: 'Noted', data: n }] })),
          {
            atomic: true,
          },
        )
    })()
    await new Promise((resolve) => setTimeout(resolve, 100))
    const exported = await file(from)
    isWriting = false
    await writing
    const schema = await emptyStore()
    // readers look while the positions are given out and the events are not committed yet
    await server().pool.query(`
      create function ${schema}.slow() returns trigger language plpgsql as 'begin perform pg_sleep(0.3); return null; end';
      create constraint trigger slow after insert on ${schema}.stream deferrable initially deferred
      for each row execute function ${schema}.slow()`)
    const target = server().open<Noted>({ schema })
    const seen: string[] = []
    const subscription = await target.subscribe({
      name: 'all',
      pollMs: 1,
      handle: (events) => void seen.push(...events.map(({ stream, version }) => `${stream}${version}`)),
    })
    await importEvents(server().pool, piecesOf(exported), { schema })
    await subscription.caughtUp()
    const [a, b] = await Promise.all([target.stream('a'), target.stream('b')])
    expect(a?.version).toBe(b?.version)
    expect(seen).toHaveLength((a?.version ?? 0) * 2)
    await subscription.stop()
  })

  test('comes in pieces of some megabytes, however large the events are', async () => {
    const { store, schema } = await server().newStore<Noted>()
    for (let n = 0; n < 40; n++) await store.append('small', [{ type: 'Noted' }])
    for (let n = 0; n < 20; n++) await store.append('large', [{ type: 'Noted', data: 'x'.repeat(1_500_000) }])
    const sizes = (await all(exportEvents(server().pool, { schema }))).map((chunk) => chunk.length)
    expect(Math.max(...sizes)).toBeLessThan(6_500_000)
  })

  test('left early gives its connection back', async () => {
    const schema = await filled(server())
    const pool = server().newPool({ max: 1 })
    for await (const _chunk of exportEvents(pool, { schema })) break
    expect((await pool.query('select 1 as one')).rows).toEqual([{ one: 1 }])
    await pool.end()
  })
})
