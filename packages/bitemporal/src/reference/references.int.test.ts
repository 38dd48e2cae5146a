import { expect, test } from 'vitest'
import { all } from '@pgherd/testbed/pooled-server.ts'
import { UncoveredReference } from '../errors/uncovered-reference.ts'
import { onServers } from '../servers.testkit.ts'
import { TypedTable } from '../table/typed-table.ts'

const year = (from: number, to?: number) => ({
  from: `${from}-01-01`,
  ...(to === undefined ? {} : { to: `${to}-01-01` }),
})
const instant = (y: number): string => `${y}-01-01T00:00:00.000000Z`

interface Facts extends Record<string, unknown> {
  readonly team: unknown
  readonly lead: string
  readonly salary: number
  readonly party: unknown
}

onServers('references', (server) => {
  test('by value: what is referred to is there for the whole period, or the change is refused with what is not', async () => {
    const { store } = await server().newStore<Facts>()
    expect(
      await store.references.add({ name: 'team has a lead', from: 'team', by: 'value', to: 'lead' }),
    ).toBe('team has a lead')
    await store.record('red', 'lead', 'bob', year(2020, 2022))
    await store.record('red', 'lead', 'cleo', year(2023, 2026))
    await store.record('ann', 'team', 'red', year(2020, 2022))
    const refused = store.assert('ann', 'team', 'red', year(2021, 2028))
    await expect(refused).rejects.toBeInstanceOf(UncoveredReference)
    await expect(refused).rejects.toMatchObject({
      code: 'UNCOVERED',
      reference: 'team has a lead',
      subject: 'ann',
      predicate: 'team',
      valid: { from: instant(2021), to: instant(2028) },
      parentSubject: 'red',
      parentPredicate: 'lead',
      uncovered: [
        { from: instant(2022), to: instant(2023) },
        { from: instant(2026), to: instant(2028) },
      ],
    })
    // nothing of it was stored
    expect(await store.version('ann', 'team')).toBe(1)
    await expect(store.assert('ann', 'team', 'blue', year(2020, 2021))).rejects.toMatchObject({
      code: 'UNCOVERED',
      uncovered: [{ from: instant(2020), to: instant(2021) }],
    })
    // null refers to nothing
    await store.assert('ann', 'team', null, year(2024))
    await store.assert('red', 'lead', 'dora', year(2019))
    await store.assert('ann', 'team', 'red', year(2021, 2028))
  })

  test('what is referred to cannot be retracted or shortened under who refers to it', async () => {
    const { store } = await server().newStore<Facts>()
    await store.references.add({ from: 'team', by: 'value', to: 'lead' })
    await store.record('red', 'lead', 'bob', year(2020))
    await store.record('ann', 'team', 'red', year(2021, 2025))
    for (const period of [year(2022, 2023), year(2020), { from: '-infinity' }, year(2024, 2025)])
      await expect(store.retract('red', 'lead', period)).rejects.toMatchObject({
        code: 'UNCOVERED',
        subject: 'ann',
        parentSubject: 'red',
      })
    expect(await store.version('red', 'lead')).toBe(1)
    // touching is not referring, and another value covers as well
    await store.retract('red', 'lead', year(2020, 2021))
    await store.retract('red', 'lead', year(2025))
    await store.supersede('red', 'lead', 'cleo', { from: '2023-06-01' })
    await store.correct('red', 'lead', 'dora', year(2022, 2023))
    await store.retract('ann', 'team', year(2023))
    await store.retract('red', 'lead', year(2023))
    await expect(store.retract('red', 'lead', year(2021))).rejects.toMatchObject({
      uncovered: [{ from: instant(2021), to: instant(2023) }],
    })
    // what was known before is not looked at: it cannot change any more
    await store.retract('ann', 'team', year(2021))
    await store.retract('red', 'lead', year(2021))
    expect(await store.history('ann', 'team')).not.toEqual([])
  })

  test('in one transaction the order does not matter; `check` looks before the end; what fails undoes all of it', async () => {
    const { store } = await server().newStore<Facts>()
    await store.references.add({ from: 'team', by: 'value', to: 'lead' })
    await store.transaction(async (client) => {
      await store.record('ann', 'team', 'red', { ...year(2020), client })
      await store.record('red', 'lead', 'bob', { ...year(2020), client })
      await store.references.check(client)
    })
    const late = store.transaction(async (client) => {
      await store.retract('red', 'lead', { ...year(2022), client })
      await store.record('other', 'salary', 1, { ...year(2020), client })
    })
    await expect(late).rejects.toMatchObject({ code: 'UNCOVERED' })
    expect(await store.version('other', 'salary')).toBe(0)
    await store
      .transaction(async (client) => {
        await store.retract('red', 'lead', { ...year(2022), client })
        await expect(store.references.check(client)).rejects.toMatchObject({ code: 'UNCOVERED' })
      })
      .catch((thrown: unknown) => expect(thrown).toMatchObject({ code: 'NO_TRANSACTION' }))
    await store.transaction(async (client) => {
      await store.retract('red', 'lead', { ...year(2022), client })
      await store.retract('ann', 'team', { ...year(2022), client })
    })
  })

  test('by subject, by a part of the value, of loads, and of whoever writes the tables', async () => {
    const { store, schema } = await server().newStore<Facts>()
    await store.references.add({ from: 'salary', by: 'subject', to: 'team' })
    await store.references.add({ from: 'party', by: ['members', '1'], to: 'team' })
    await store.record('ann', 'team', 'red', year(2020))
    await store.record('ann', 'salary', 1, year(2021))
    await expect(store.record('bob', 'salary', 1, year(2021))).rejects.toMatchObject({ code: 'UNCOVERED' })
    await store.record('p1', 'party', { members: ['x', 'ann'] }, year(2022, 2023))
    await store.record('p2', 'party', { members: ['x'] }, year(2022, 2023))
    const bad = {
      subject: 'p3',
      predicate: 'party' as const,
      value: { members: ['ann', 'it\'s "\\x'] },
      ...year(2022),
    }
    await expect(
      store.load([
        { ...bad, value: { members: ['x', 'ann'] } },
        { ...bad, subject: 'p4' },
      ]),
    ).rejects.toMatchObject({ code: 'UNCOVERED', parentSubject: 'it\'s "\\x' })
    const { pool } = server()
    for (const foreign of [
      `delete from ${schema}.current_fact where value = '"red"'`,
      `update ${schema}.current_fact set valid_from = '2021-06-01Z' where value = '"red"'`,
      `update ${schema}.current_fact set value = '{"members": [null, "nobody"]}' where value ->> 'members' is not null`,
    ])
      await expect(pool.query(foreign)).rejects.toMatchObject({ code: '23503' })
    await expect(store.retract('ann', 'team', year(2022, 2023))).rejects.toMatchObject({ code: 'UNCOVERED' })
  })

  test('between typed tables and facts, both ways', async () => {
    const { store, schema } = await server().newStore<Facts>()
    const { pool } = server()
    const jobs = new TypedTable({
      pool,
      name: `${schema}_jobs`,
      columns: { pay: 'numeric', boss: 'text null' },
    })
    await jobs.create()
    await jobs.references.add({ by: 'boss', to: { table: jobs.name } })
    await jobs.references.add({ by: 'subject', to: { schema, predicate: 'team' } })
    await store.references.add({ from: 'salary', by: 'subject', to: { table: jobs.name } })
    await store.record('ann', 'team', 'red', year(2020))
    await store.record('bob', 'team', 'red', year(2020))
    await jobs.record('ann', { pay: 1 }, year(2020))
    await jobs.record('bob', { pay: 1, boss: 'ann' }, year(2021))
    await store.record('bob', 'salary', 1, year(2021))
    await expect(jobs.record('cleo', { pay: 1 }, year(2021))).rejects.toMatchObject({ code: 'UNCOVERED' })
    await expect(
      jobs.supersede('bob', { pay: 1, boss: 'cleo' }, { from: '2022-01-01' }),
    ).rejects.toMatchObject({
      parentSubject: 'cleo',
    })
    await expect(jobs.retract('ann', year(2025))).rejects.toMatchObject({
      subject: 'bob',
      parentSubject: 'ann',
    })
    await expect(jobs.retract('bob', year(2025))).rejects.toMatchObject({
      subject: 'bob',
      predicate: 'salary',
    })
    await expect(store.retract('ann', 'team', year(2020))).rejects.toMatchObject({ predicate: jobs.name })
    expect(await jobs.references.list()).toEqual([
      {
        name: expect.any(String),
        from: jobs.name,
        path: ['boss'],
        to: { schema: jobs.name, predicate: jobs.name },
      },
      { name: expect.any(String), from: jobs.name, path: undefined, to: { schema, predicate: 'team' } },
    ])
    for (const { name } of await jobs.references.list()) await jobs.references.remove(name)
    await store.retract('ann', 'team', year(2020))
    expect(await all(jobs.rows())).toHaveLength(2)
    await expect(jobs.retract('bob', year(2025))).rejects.toMatchObject({ predicate: 'salary' })
  })

  test('what is there already is checked, the same again is nothing, and nonsense is refused', async () => {
    const { store } = await server().newStore<Facts>()
    await store.record('ann', 'team', 'red', year(2020))
    const reference = { from: 'team', by: 'value', to: 'lead' }
    await expect(store.references.add(reference)).rejects.toMatchObject({ code: 'UNCOVERED', subject: 'ann' })
    expect(await store.references.list()).toEqual([])
    await store.record('red', 'lead', 'bob', year(2020))
    const name = await store.references.add(reference)
    expect(await store.references.add(reference)).toBe(name)
    expect(await store.references.list()).toHaveLength(1)
    for (const bad of [
      { ...reference, name, to: 'salary' },
      { by: 'value', to: 'lead' },
      { ...reference, by: 'salary' },
      { ...reference, by: ['a\0'] },
      { ...reference, to: { table: 'no table' } },
    ])
      await expect(store.references.add(bad)).rejects.toMatchObject({ code: 'INVALID_OPTION' })
    await expect(store.references.add({ ...reference, to: { table: 'nowhere' } })).rejects.toMatchObject({
      code: 'NOT_INSTALLED',
    })
    await expect(store.references.remove('none')).rejects.toMatchObject({ code: 'INVALID_OPTION' })
    await store.references.remove(name)
    await store.retract('red', 'lead', year(2020))
  })
})
