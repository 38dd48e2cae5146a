import { expect, test } from 'vitest'
import { isBitemporalError } from '../errors/bitemporal-error.ts'
import { onServers, type StoreServer } from '../servers.testkit.ts'

interface Facts extends Record<string, unknown> {
  readonly team: string
  readonly lead: number
}

/** How many facts refer to what is not known for the whole of their period. */
async function dangling(server: StoreServer, schema: string): Promise<number> {
  const { rows } = await server.pool.query<{ count: string }>(
    `select count(*) from ${schema}.current_fact f join ${schema}.fact_key k on k.id = f.key_id
     where k.predicate = 'team' and not isempty(${schema}.not_known(
       (select id from ${schema}.fact_key p where p.predicate = 'lead' and p.subject = f.value #>> '{}'),
       f.valid_from, f.valid_to))`,
  )
  return Number(rows[0]?.count)
}

/** The check that most would write: as this one, but that it does not lock what it looks at. */
async function makeNaive(server: StoreServer, schema: string): Promise<void> {
  await server.pool.query(
    `create or replace function ${schema}.lock_and_look(
       p_predicate text, p_subject text, p_from timestamptz, p_to timestamptz) returns tstzmultirange
     language plpgsql volatile as $$
     declare k bigint;
     begin
       select id into k from ${schema}.fact_key where predicate = p_predicate and subject = p_subject;
       return ${schema}.not_known(k, p_from, p_to);
     end $$`,
  )
}

/** Until a session waits for a row that another one has locked. */
async function somebodyWaits({ pool }: StoreServer): Promise<void> {
  const waiting = `select 1 from pg_locks where not granted and locktype in ('transactionid', 'tuple')`
  await expect.poll(async () => (await pool.query(waiting)).rowCount).toBeGreaterThan(0)
}

onServers('references under concurrent writers', (server) => {
  test.each(['naive', 'ours'])(
    'who refers and who takes away, at the same time: the %s check',
    async (check) => {
      const { store, schema } = await server().newStore<Facts>()
      await store.references.add({ from: 'team', by: 'value', to: 'lead' })
      if (check === 'naive') await makeNaive(server(), schema)
      await store.record('red', 'lead', 1, { from: '2020-01-01' })
      let retracted: Promise<unknown> | undefined
      await store.transaction(async (client) => {
        await store.record('ann', 'team', 'red', { from: '2021-01-01', client })
        // looked at, and found to be covered
        await store.references.check(client)
        retracted = store.retract('red', 'lead', { from: '2020-01-01' }).catch((thrown: unknown) => thrown)
        if (check === 'naive') await retracted
        else await somebodyWaits(server())
      })
      if (check === 'naive') {
        expect(await dangling(server(), schema)).toBe(1)
      } else {
        expect(await retracted).toMatchObject({ code: 'UNCOVERED', subject: 'ann' })
        expect(await dangling(server(), schema)).toBe(0)
      }
    },
  )

  test('and the other way round: who comes second waits, and looks at what the first has left', async () => {
    const { store, schema } = await server().newStore<Facts>()
    await store.references.add({ from: 'team', by: 'value', to: 'lead' })
    await store.record('red', 'lead', 1, { from: '2020-01-01' })
    let referring: Promise<unknown> | undefined
    await store.transaction(async (client) => {
      await store.retract('red', 'lead', { from: '2022-01-01', client })
      referring = store
        .record('ann', 'team', 'red', { from: '2021-01-01' })
        .catch((thrown: unknown) => thrown)
      await somebodyWaits(server())
    })
    expect(await referring).toMatchObject({
      code: 'UNCOVERED',
      uncovered: [{ from: '2022-01-01T00:00:00.000000Z', to: 'infinity' }],
    })
    expect(await dangling(server(), schema)).toBe(0)
  })

  test('8 writers that refer, take away and put back leave nothing dangling', async () => {
    const { store, schema } = await server().newStore<Facts>()
    await store.references.add({ from: 'team', by: 'value', to: 'lead' })
    const day = (n: number): string => new Date(Date.UTC(2026, 0, 1 + n)).toISOString()
    const outcomes = new Map<string, number>()
    await Promise.all(
      [0, 1, 2, 3, 4, 5, 6, 7].map(async (writer) => {
        for (let n = 0; n < 60; n++) {
          const from = (writer * 11 + n * 7) % 20
          const period = { from: day(from), to: day(from + 1 + (n % 6)) }
          const team = `t${(writer + n) % 3}`
          const change =
            writer < 3
              ? store.assert(`s${writer}`, 'team', team, period)
              : writer < 6
                ? store.assert(team, 'lead', n, period)
                : store.retract(team, 'lead', period)
          const outcome = await change.then(
            () => 'done',
            (thrown: unknown) => {
              if (!isBitemporalError(thrown)) throw thrown
              return thrown.code
            },
          )
          outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1)
        }
      }),
    )
    expect([...outcomes.keys()].sort()).toEqual(expect.arrayContaining(['UNCOVERED', 'done']))
    for (const code of outcomes.keys())
      expect(['UNCOVERED', 'NOTHING_KNOWN', 'TRANSACTION_CLASH', 'done']).toContain(code)
    expect(await dangling(server(), schema)).toBe(0)
  })

  test('a snapshot from before somebody referred is no ground to take away on', async () => {
    const { store } = await server().newStore<Facts>()
    await store.references.add({ from: 'team', by: 'value', to: 'lead' })
    await store.record('red', 'lead', 1, { from: '2020-01-01' })
    const client = await server().pool.connect()
    for (const level of ['repeatable read', 'serializable']) {
      await client.query(`begin isolation level ${level}`)
      await client.query('select 1')
      await store.assert('ann', 'team', 'red', { from: '2021-01-01' })
      await store.retract('red', 'lead', { from: '2020-01-01', client })
      await expect(store.references.check(client)).rejects.toMatchObject({ code: 'ISOLATION' })
      await client.query('rollback')
      // nor to refer on, once what is referred to has changed
      await client.query(`begin isolation level ${level}`)
      await client.query('select 1')
      await store.retract('ann', 'team', { from: '2021-01-01' })
      await store.correct('red', 'lead', 2 + Math.random(), { from: '2020-01-01' })
      await store.record('bob', 'team', 'red', { from: '2021-01-01', client })
      await expect(store.references.check(client)).rejects.toMatchObject({ code: 'TRANSACTION_CLASH' })
      await client.query('rollback')
    }
    client.release()
  })
})
