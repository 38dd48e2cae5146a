import { randomBytes } from 'node:crypto'
import { expect, expectTypeOf, test } from 'vitest'
import type { EventStoreOptions } from '../event-store-options.ts'
import { install } from '../schema/install.ts'
import { all } from '@pgherd/testbed/pooled-server.ts'
import { onServers, type StoreServer } from '../servers.testkit.ts'
import { exportEvents } from '../transfer/export-events.ts'
import { importEvents } from '../transfer/import-events.ts'
import { isErased, type Personal } from './erased.ts'
import type { PersonalFields } from './personal-fields.ts'

type PatientEvent =
  | {
      type: 'Admitted'
      data: { patient: string; name: Personal<string>; address?: Personal<{ city: string }>; ward: string }
    }
  | { type: 'Moved'; data: { ward: string } }
  | {
      type: 'Referred'
      data: { from: string; to: string; sender: Personal<string>; receiver: Personal<string> }
    }

const personal: PersonalFields<PatientEvent> = {
  Admitted: { subject: ({ patient }) => patient, fields: ['name', 'address'] },
  Referred: [
    { subject: ({ from }) => from, fields: ['sender'] },
    { subject: ({ to }) => to, fields: ['receiver'] },
  ],
}
const admitted = (patient: string, name: string): PatientEvent => ({
  type: 'Admitted',
  data: { patient, name, address: { city: `${name}-town` }, ward: 'A' },
})
const erasedMark = { $erased: true }

const newStore = (server: StoreServer, options: Partial<EventStoreOptions<PatientEvent>> = {}) =>
  server.newStore<PatientEvent>({ personal, ...options })

/** Every row of every table of a store, as text. */
async function everything({ pool }: StoreServer, schema: string): Promise<string> {
  const { rows } = await pool.query<{ name: string }>(
    `select relname as name from pg_class where relnamespace = '${schema}'::regnamespace and relkind = 'r'`,
  )
  const tables = await Promise.all(
    rows.map(({ name }) => pool.query(`select t::text from ${schema}.${name} t`)),
  )
  return JSON.stringify(tables.map((table) => table.rows))
}

onServers('personal data', (server) => {
  test('is read as it was appended, and is nowhere in the tables', async () => {
    const { store, schema } = await newStore(server())
    await store.append('p1', [admitted('ann', 'Ann-Secret'), { type: 'Moved', data: { ward: 'B' } }])
    await store.append('p1', [{ type: 'Admitted', data: { patient: 'ann', name: 'Ann-Secret', ward: 'C' } }])
    const data = (await all(store.read('p1'))).map((event) => event.data)
    expect(data).toEqual([
      { patient: 'ann', name: 'Ann-Secret', address: { city: 'Ann-Secret-town' }, ward: 'A' },
      { ward: 'B' },
      { patient: 'ann', name: 'Ann-Secret', ward: 'C' },
    ])
    expect((await all(store.readAll())).map((event) => event.data)).toEqual(data)
    expect((await all(server().open<PatientEvent>({ schema }).readAll())).map((event) => event.data)).toEqual(
      data,
    )
    expect(await everything(server(), schema)).not.toContain('Secret')
  })

  test('is erased everywhere once its key is deleted: streams, the whole store, subscriptions, exports, of others not', async () => {
    const { store, schema } = await newStore(server())
    await store.append('p1', [admitted('ann', 'Ann')])
    await store.append('p2', [admitted('bob', 'Bob')])
    await store.append('r', [
      { type: 'Referred', data: { from: 'ann', to: 'bob', sender: 'Ann', receiver: 'Bob' } },
    ])
    const before = await all(exportEvents(server().pool, { schema, snapshots: true }))
    expect(before.join('')).not.toContain('Ann')
    // somebody who has read it before must not have kept the key
    const other = server().open<PatientEvent>({ schema, personal })
    await all(other.readAll())
    expect(await store.erase('ann')).toBe(true)
    expect(await store.erase('ann')).toBe(false)
    const expected = [
      { patient: 'ann', name: erasedMark, address: erasedMark, ward: 'A' },
      { patient: 'bob', name: 'Bob', address: { city: 'Bob-town' }, ward: 'A' },
      { from: 'ann', to: 'bob', sender: erasedMark, receiver: 'Bob' },
    ]
    expect((await all(other.readAll())).map(({ data }) => data)).toEqual(expected)
    expect((await all(store.read('p1'))).map(({ data }) => data)).toEqual(expected.slice(0, 1))
    const seen: unknown[] = []
    const subscription = await other.subscribe({
      name: 'all',
      handle: (events) => void seen.push(...events.map(({ data }) => data)),
    })
    await subscription.caughtUp()
    expect(seen).toEqual(expected)
    // what was exported before is no way back: put where the keys are, it reads the same
    const into = `${schema}_copy`
    await install(server().pool, { schema: into })
    await server().pool.query(`insert into ${into}.subject_key select * from ${schema}.subject_key`)
    await importEvents(
      server().pool,
      (async function* () {
        yield* before
      })(),
      { schema: into },
    )
    const copy = server().open<PatientEvent>({ schema: into })
    expect((await all(copy.readAll())).map(({ data }) => data)).toEqual(expected)
  })

  test('of somebody who comes back has a new key, which does not open what was before', async () => {
    const { store } = await newStore(server())
    await store.append('p', [admitted('ann', 'Ann')])
    await store.erase('ann')
    await store.append('p', [admitted('ann', 'Anne')])
    expect((await all(store.read('p'))).map(({ data }) => (data as { name: unknown }).name)).toEqual([
      erasedMark,
      'Anne',
    ])
  })

  test('in a snapshot is sealed too, and computed anew from what is left once a key is deleted', async () => {
    const { store, schema } = await newStore(server())
    type State = { names: Personal<string>[] }
    const names = {
      initial: (): State => ({ names: [] }),
      evolve: ({ names }: State, event: { type: string; data: unknown }): State => ({
        names:
          event.type === 'Admitted' ? [...names, (event.data as { name: Personal<string> }).name] : names,
      }),
      snapshot: { name: 'names', every: 2, stateVersion: 1 },
    }
    await store.append('p', [admitted('ann', 'Ann-Secret'), admitted('bob', 'Bob-Secret')])
    expect(await store.aggregate('p', names)).toMatchObject({ replayed: 2 })
    // the next snapshot comes from this one and events about nobody, and is as personal
    await store.append('p', [
      { type: 'Moved', data: { ward: 'B' } },
      { type: 'Moved', data: { ward: 'C' } },
    ])
    expect(await store.aggregate('p', names)).toMatchObject({ replayed: 2 })
    const both = { state: { names: ['Ann-Secret', 'Bob-Secret'] }, version: 4 }
    expect(await store.aggregate('p', names)).toEqual({ ...both, replayed: 0 })
    expect(await everything(server(), schema)).not.toContain('Secret')
    await store.erase('ann')
    const left = { state: { names: [erasedMark, 'Bob-Secret'] }, version: 4 }
    expect(await store.aggregate('p', names)).toEqual({ ...left, replayed: 4 })
    expect(await store.aggregate('p', names)).toEqual({ ...left, replayed: 0 })
    await store.erase('bob')
    expect(await store.aggregate('p', names)).toMatchObject({
      state: { names: [erasedMark, erasedMark] },
      replayed: 4,
    })
  })

  test('that was moved to another event, or changed, is refused and not misread', async () => {
    const { store, schema } = await newStore(server())
    await store.append('p1', [admitted('ann', 'Ann')])
    await store.append('p2', [admitted('ann', 'Other')])
    const { pool } = server()
    await pool.query(
      `update ${schema}.event e set data = o.data from ${schema}.event o where e.position = 1 and o.position = 2`,
    )
    await expect(all(store.read('p1'))).rejects.toMatchObject({ code: 'PERSONAL_DATA_DAMAGED' })
    await pool.query(`delete from ${schema}.subject_key`)
    await expect(all(store.read('p2'))).rejects.toMatchObject({ code: 'PERSONAL_KEY_MISSING' })
  })

  test('has its keys wrapped by a master key, by reference, which can be changed while the store is used', async () => {
    const masters = new Map([
      ['2025', randomBytes(32)],
      ['2026', randomBytes(32)],
    ])
    const load = (reference: string): Buffer => masters.get(reference) ?? randomBytes(32)
    const { store, schema } = await newStore(server(), { masterKey: { reference: '2025', load } })
    await store.append('p', [admitted('ann', 'Ann')])
    await expect(all(server().open<PatientEvent>({ schema }).read('p'))).rejects.toMatchObject({
      code: 'PERSONAL_KEY_MISSING',
    })
    const later = server().open<PatientEvent>({ schema, personal, masterKey: { reference: '2026', load } })
    await later.append('p', [admitted('bob', 'Bob')])
    expect(await later.rewrapKeys()).toBe(1)
    expect(await later.rewrapKeys()).toBe(0)
    masters.delete('2025')
    const fresh = server().open<PatientEvent>({ schema, personal, masterKey: { reference: '2026', load } })
    expect((await all(fresh.read('p'))).map(({ data }) => (data as { name: unknown }).name)).toEqual([
      'Ann',
      'Bob',
    ])
    const wrong = server().open<PatientEvent>({
      schema,
      masterKey: { reference: '2026', load: () => randomBytes(32) },
    })
    await expect(all(wrong.read('p'))).rejects.toMatchObject({ code: 'PERSONAL_DATA_DAMAGED' })
    const short = server().open<PatientEvent>({
      schema,
      masterKey: { reference: '2026', load: () => randomBytes(16) },
    })
    await expect(all(short.read('p'))).rejects.toMatchObject({ code: 'INVALID_OPTION' })
  })

  test('is stored in the order of the appends, in batches, in a transaction, and once under one id', async () => {
    const { store, schema } = await newStore(server())
    const id = '0192f0c1-0000-7000-8000-000000000000'
    await Promise.all(
      Array.from({ length: 60 }, (_, n) =>
        store.append('p', [
          n % 3 === 0 ? admitted(`s${n}`, `${n}`) : { type: 'Moved', data: { ward: `${n}` } },
        ]),
      ),
    )
    const order = (await all(store.read('p'))).map(({ data }) =>
      Number('name' in data ? data.name : (data as { ward: string }).ward),
    )
    expect(order).toEqual([...order].sort((a, b) => a - b))
    const repeated = { ...admitted('ann', 'Ann'), id }
    expect(await store.append('q', [repeated])).toMatchObject({ stored: true })
    expect(await store.append('q', [repeated])).toMatchObject({ stored: false })
    await store.appendBatch([
      { stream: 'a', events: [admitted('bob', 'Bob')] },
      { stream: 'b', events: [admitted('eve', 'Eve')] },
    ])
    await expect(
      store.transaction(async (client) => {
        await store.append('t', [admitted('tom', 'Tom')], { client })
        expect((await all(store.read('t', { client })))[0]?.data).toMatchObject({ name: 'Tom' })
        throw new Error('undone')
      }),
    ).rejects.toThrow('undone')
    const { rows } = await server().pool.query(`select 1 from ${schema}.subject_key where subject = 'tom'`)
    expect(rows).toEqual([])
    await Promise.all(
      Array.from({ length: 8 }, (_, n) =>
        server()
          .open<PatientEvent>({ schema, personal })
          .append(`same-${n}`, [admitted('new', 'New')]),
      ),
    )
    expect(await store.erase('new')).toBe(true)
    expect((await all(store.read('same-3')))[0]?.data).toMatchObject({ name: erasedMark })
  })

  test('without a subject, with a bad one or as no object is refused; so is what looks sealed', async () => {
    const { store } = await newStore(server())
    const bad = [
      { type: 'Admitted', data: { patient: '', name: 'x', ward: 'A' } },
      { type: 'Admitted', data: { patient: 7, name: 'x', ward: 'A' } },
      { type: 'Admitted', data: { patient: 'a\0', name: 'x', ward: 'A' } },
      { type: 'Admitted', data: { patient: 'ann', name: '\ud800', ward: 'A' } },
      { type: 'Admitted', data: 'text' },
      { type: 'Admitted' },
      { type: 'Moved', data: { $personal: [], ward: 'A' } },
    ]
    for (const event of bad)
      await expect(store.append('p', [event as unknown as PatientEvent])).rejects.toMatchObject({
        code: 'INVALID_EVENT',
      })
    const twice = { Admitted: [personal.Admitted, personal.Admitted] } as PersonalFields<PatientEvent>
    expect(() => server().open<PatientEvent>({ personal: twice })).toThrow(
      expect.objectContaining({ code: 'INVALID_OPTION' }),
    )
    expect(await store.stream('p')).toBeUndefined()
  })
})

test('only fields whose type says that they may be erased can be declared', () => {
  const fields: PersonalFields<PatientEvent> = {
    // @ts-expect-error the ward of a handler's event would be typed as if it were always there
    Admitted: { subject: ({ patient }) => patient, fields: ['ward'] },
  }
  expectTypeOf(fields).not.toBeAny()
  const name = erasedMark as Personal<string>
  if (isErased(name)) expectTypeOf(name).not.toEqualTypeOf<string>()
  else expectTypeOf(name).toEqualTypeOf<string>()
})
