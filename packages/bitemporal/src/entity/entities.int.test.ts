import { expect, test } from 'vitest'
import { all } from '@pgherd/testbed/pooled-server.ts'
import { onServers } from '../servers.testkit.ts'
import { exportFacts } from '../text/export-facts.ts'
import { importFacts } from '../text/import-facts.ts'
import { describeEntity, relationshipsOf } from './describe-entity.ts'
import { Entities, type EntityModel } from './entities.ts'

const model = {
  entities: {
    bank: {
      attributes: ['bank_name'],
      references: ['country_code'],
      structs: { bank_address: ['street', 'city'] },
    },
    account: { attributes: ['balance'] },
  },
  relationships: { subsidiary_of: ['bank', 'bank'], bank_x_account: ['bank', 'account'] },
} as const

const [alpha, beta, account, us] = [
  '01K3Y0690AJCRFEJ2J49X6ZECY',
  'BETA',
  'ACC1',
  '01K3Y07Z94DGJWVMB0JG4YSDBV',
]
const from = { from: '2023-01-01' }

onServers('entities', (server) => {
  test('with attributes, references, structures and relationships, as of both times', async () => {
    const { store, schema } = await server().newStore()
    const entities = new Entities(store, model)
    await entities.enforce()
    await entities.enforce()
    await entities.entity('bank', alpha, from)
    await entities.entity('bank', beta, from)
    await entities.entity('account', account, from)
    await entities.reference('country_code', us, 'US', { from: '-infinity' })
    await entities.attribute('bank', alpha, 'bank_name', 'Bank of Amerigo', from)
    await entities.refer('bank', alpha, 'country_code', us, from)
    const address = { id: 'ADDR1', attributes: { street: '123 Main St', city: 'New York' } }
    const { recordedAt } = await entities.struct('bank', alpha, 'bank_address', address, from)
    await entities.relate('subsidiary_of', 'REL1', alpha, beta, { from: '2024-01-01' })
    await entities.relate('bank_x_account', 'REL2', alpha, account, { from: '2024-01-01', to: '2025-01-01' })
    await entities.attribute('bank', alpha, 'bank_name', 'Bank of America', from)
    const moved = { id: 'ADDR2', attributes: { street: '1 Side St', city: 'Boston' } }
    await entities.struct('bank', alpha, 'bank_address', moved, { from: '2025-01-01' })

    const known = { references: { country_code: { id: us, value: 'US' } } }
    const then = { validAt: '2023-06-01', recordedAt }
    expect(await describeEntity(store, 'bank', alpha, then)).toEqual({
      ...known,
      attributes: { bank_name: 'Bank of Amerigo' },
      structs: { bank_address: address },
    })
    expect(await describeEntity(store, 'bank', alpha, { validAt: '2025-06-01' })).toEqual({
      ...known,
      attributes: { bank_name: 'Bank of America' },
      structs: { bank_address: moved },
    })
    expect(await describeEntity(store, 'bank', account)).toBeUndefined()
    expect(await describeEntity(store, 'bank', alpha, { validAt: '2022-01-01' })).toBeUndefined()
    const owns = [
      {
        name: 'bank_x_account',
        id: 'REL2',
        parties: [
          ['bank', alpha],
          ['account', account],
        ],
      },
    ]
    expect(await relationshipsOf(store, 'bank_x_account', account, { validAt: '2024-06-01' })).toEqual(owns)
    expect(await relationshipsOf(store, 'bank_x_account', account, { validAt: '2025-06-01' })).toEqual([])

    const text = (await all(exportFacts(server().pool, { schema }))).join('')
    for (const line of [
      `ENTITY bank "${alpha}" VALID_FROM 2023-01-01T00:00:00.000000Z RECORDED_AT `,
      `REFERENCE country_code "${us}" "US" VALID_FROM -infinity RECORDED_AT `,
      `ATTRIBUTE_OF bank "${alpha}" bank_name "Bank of Amerigo" VALID_FROM 2023-01-01T00:00:00.000000Z RECORDED_AT `,
      `ATTRIBUTE_REF_OF bank "${alpha}" country_code "${us}" VALID_FROM `,
      `STRUCT_OF bank "${alpha}" bank_address "ADDR1" VALID_FROM `,
      `ATTRIBUTE_OF_STRUCT "ADDR1" street "123 Main St" VALID_FROM `,
      `RELATIONSHIP subsidiary_of "REL1" bank "${alpha}" bank "BETA" VALID_FROM `,
    ])
      expect(text).toContain(`\n${line}`)
    expect(text).not.toContain(' _ ')

    // into a store that enforces the model, in whatever order the lines are
    const { store: copy, schema: other } = await server().newStore()
    await new Entities(copy, model).enforce()
    await importFacts(server().pool, [text], { schema: other })
    expect(await describeEntity(copy, 'bank', alpha, then)).toEqual(
      await describeEntity(store, 'bank', alpha, then),
    )
    const { store: strict, schema: third } = await server().newStore()
    await new Entities(strict, model).enforce()
    const without = text.replace(/^ENTITY account.*\n/m, '')
    await expect(
      importFacts(server().pool, [without], { schema: third, verify: false }),
    ).rejects.toMatchObject({
      code: 'UNCOVERED',
      parentPredicate: 'entity:account',
    })
  })

  test('what the model says holds: nothing of an entity that is not there, and no entity goes under what it has', async () => {
    const { store } = await server().newStore()
    const entities = new Entities(store, model)
    await entities.enforce()
    const uncovered = { code: 'UNCOVERED' }
    await expect(entities.attribute('bank', alpha, 'bank_name', 'x', from)).rejects.toMatchObject(uncovered)
    await entities.entity('bank', alpha, from)
    await expect(entities.refer('bank', alpha, 'country_code', us, from)).rejects.toMatchObject(uncovered)
    await expect(entities.relate('subsidiary_of', 'R', alpha, beta, from)).rejects.toMatchObject(uncovered)
    await entities.attribute('bank', alpha, 'bank_name', 'x', { from: '2024-01-01' })
    await expect(store.retract(alpha, 'entity:bank', { from: '2025-01-01' })).rejects.toMatchObject(uncovered)
    const address = { id: 'A', attributes: { street: 'x' } }
    await expect(entities.struct('bank', beta, 'bank_address', address, from)).rejects.toMatchObject(
      uncovered,
    )
    // one transaction: the attributes went with it
    expect(await store.about('A')).toEqual([])
    await store.transaction(async (client) => {
      await entities.struct('bank', beta, 'bank_address', address, { ...from, client })
      await entities.entity('bank', beta, { ...from, client })
    })
    expect(await store.about('A')).toHaveLength(1)
    await store.retract(alpha, 'bank.bank_name', { from: '2025-01-01' })
    await store.retract(alpha, 'entity:bank', { from: '2025-01-01' })
  })

  test('names that the model does not have, and models that make no sense, are refused', async () => {
    const { store } = await server().newStore()
    const entities = new Entities(store, model)
    const invalid = { code: 'INVALID_OPTION' }
    for (const use of [
      () => entities.entity('planet', 'x', from),
      () => entities.entity('toString', 'x', from),
      () => entities.attribute('bank', 'x', 'balance', 1, from),
      () => entities.refer('account', 'x', 'country_code', us, from),
      () => entities.struct('bank', 'x', 'bank_address', { id: 'a', attributes: { zip: 1 } }, from),
      () => entities.struct('account', 'x', 'bank_address', { id: 'a', attributes: {} }, from),
      () => entities.relate('owns', 'x', 'a', 'b', from),
      () => entities.reference('a b', 'x', 'y', from),
    ])
      await expect((async () => use())()).rejects.toMatchObject(invalid)
    const models: readonly EntityModel[] = [
      { entities: { 'a b': {} } },
      { entities: { _: {} } },
      { entities: { a: { attributes: ['1'] } } },
      { entities: { a: {} }, relationships: { r: ['a', 'b'] as const } },
    ]
    for (const bad of models) expect(() => new Entities(store, bad)).toThrow(expect.objectContaining(invalid))
  })
})
