import { expect, test } from 'vitest'
import { all } from '@pgherd/testbed/pooled-server.ts'
import { onServers } from '../servers.testkit.ts'
import type { AggregateDefinition } from './aggregate.ts'
import { evolveBy, type Decider } from './decider.ts'

type AccountEvent = { type: 'Deposited'; data: { amount: number } } | { type: 'Closed' }
interface Account {
  readonly balance: number
  readonly isOpen: boolean
}

const account = {
  initial: (): Account => ({ balance: 0, isOpen: true }),
  evolve: evolveBy<Account, AccountEvent>({
    Deposited: (state, { amount }) => ({ ...state, balance: state.balance + amount }),
    Closed: (state) => ({ ...state, isOpen: false }),
  }),
}
const deposited = (amount: number): AccountEvent => ({ type: 'Deposited', data: { amount } })

const decider: Decider<Account, { deposit: number } | 'close' | 'nothing', AccountEvent> = {
  ...account,
  decide: (command, state) => {
    if (!state.isOpen) throw new Error('the account is closed')
    if (command === 'nothing') return []
    return command === 'close' ? { type: 'Closed' } : { type: 'Deposited', data: { amount: command.deposit } }
  },
}

onServers('aggregate', (server) => {
  test('computes the state and the version to expect', async () => {
    const { store } = await server().newStore<AccountEvent>()
    expect(await store.aggregate('a', account)).toEqual({ state: account.initial(), version: 0, replayed: 0 })
    await store.append('a', [deposited(5), deposited(7), { type: 'Closed' }])
    expect(await store.aggregate('a', account)).toEqual({
      state: { balance: 12, isOpen: false },
      version: 3,
      replayed: 3,
    })
  })

  test('starts from the newest snapshot of its state version, and keeps one after every n events', async () => {
    const { store } = await server().newStore<AccountEvent>()
    const policy = { name: 'account', every: 10, stateVersion: 1 }
    const replayed = async (stateVersion = 1): Promise<number> => {
      const definition = { ...account, snapshot: { ...policy, stateVersion } }
      const { state, version, replayed } = await store.aggregate('a', definition)
      expect(state.balance).toBe(version)
      return replayed
    }
    await store.append(
      'a',
      Array.from({ length: 9 }, () => deposited(1)),
    )
    expect([await replayed(), await replayed()]).toEqual([9, 9])
    await store.append('a', [deposited(1)])
    expect([await replayed(), await replayed()]).toEqual([10, 0])
    await store.append('a', [deposited(1)])
    expect([await replayed(), await replayed(2), await replayed(2), await replayed()]).toEqual([1, 11, 0, 1])
    expect(await store.removeSnapshots('account', 2)).toBe(1)
    expect(await replayed()).toBe(11)
  })

  test('a state that JSON does not hold goes through toJson and fromJson', async () => {
    const { store } = await server().newStore<AccountEvent>()
    await store.append('a', [deposited(1), deposited(2)])
    const definition: AggregateDefinition<Map<number, number>, AccountEvent> = {
      initial: () => new Map(),
      evolve: evolveBy<Map<number, number>, AccountEvent>({
        Deposited: (seen, { amount }) => new Map([...seen, [amount, (seen.get(amount) ?? 0) + 1]]),
      }),
      snapshot: {
        name: 'amounts',
        every: 1,
        stateVersion: 1,
        toJson: (state) => [...state],
        fromJson: (json) => new Map(json as [number, number][]),
      },
    }
    const first = await store.aggregate('a', definition)
    expect(await store.aggregate('a', definition)).toEqual({ ...first, replayed: 0 })
  })

  test('refuses to compute from a stream that lacks events it needs', async () => {
    const { store } = await server().newStore<AccountEvent>()
    const snapshot = { name: 'account', every: 3, stateVersion: 1 }
    for (const stream of ['kept', 'partly', 'wholly', 'behind'])
      await store.append(stream, [1, 2, 3].map(deposited))
    for (const stream of ['kept', 'behind']) await store.aggregate(stream, { ...account, snapshot })
    await store.append('behind', [deposited(4), deposited(5)])
    await store.truncateBefore('kept', 4)
    await store.truncateBefore('partly', 2)
    await store.truncateBefore('wholly', 4)
    await store.truncateBefore('behind', 6)
    expect(await store.aggregate('kept', { ...account, snapshot })).toMatchObject({
      state: { balance: 6 },
      version: 3,
    })
    for (const [stream, definition] of [
      ['kept', account],
      ['partly', account],
      ['wholly', account],
      ['behind', { ...account, snapshot }],
    ] as const)
      await expect(store.aggregate(stream, definition), stream).rejects.toMatchObject({
        code: 'STREAM_TRUNCATED',
      })
    await store.tombstone('kept')
    await expect(store.aggregate('kept', { ...account, snapshot })).rejects.toMatchObject({
      code: 'STREAM_TOMBSTONED',
    })
  })

  test('a snapshot that cannot be kept is told, and the state is right all the same', async () => {
    const warnings: unknown[] = []
    const { store } = await server().newStore<AccountEvent>({ warn: (error) => warnings.push(error) })
    await store.append('a', [deposited(5)])
    const snapshot = { name: 'account', every: 1, stateVersion: 1, toJson: () => 1n }
    expect(await store.aggregate('a', { ...account, snapshot })).toMatchObject({ state: { balance: 5 } })
    expect(warnings).toMatchObject([{ code: 'INVALID_EVENT' }])
    for (const wrong of [{ every: 0 }, { name: '' }, { stateVersion: 1.5 }])
      await expect(
        store.aggregate('a', { ...account, snapshot: { ...snapshot, ...wrong } }),
      ).rejects.toMatchObject({
        code: 'INVALID_OPTION',
      })
  })

  test('handle reads, decides and appends; of racing commands each is decided on what really was', async () => {
    const { store } = await server().newStore<AccountEvent>()
    const results = await Promise.all(
      Array.from({ length: 6 }, () => store.handle('a', decider, { deposit: 10 }, { retries: 20 })),
    )
    expect(results.map(({ state }) => state.balance).sort((a, b) => a - b)).toEqual([10, 20, 30, 40, 50, 60])
    expect(await store.handle('a', decider, 'nothing')).toMatchObject({ version: 6, appended: undefined })
    await store.handle('a', decider, 'close')
    await expect(store.handle('a', decider, { deposit: 1 })).rejects.toThrow('the account is closed')
    expect(await all(store.read('a'))).toHaveLength(7)
  })

  test('handle gives up after its retries, and does not retry in the transaction of the caller', async () => {
    const { store } = await server().newStore<AccountEvent>()
    let loads = 0
    const counting: typeof decider = {
      ...decider,
      initial: () => {
        loads++
        return account.initial()
      },
    }
    await store.append('a', [deposited(1)])
    const racing = store.transaction(async (client) => {
      await store.append('a', [deposited(2)], { client })
      const handling = store.handle('a', counting, { deposit: 3 }, { retries: 0 })
      handling.catch(() => undefined)
      // its append waits for this transaction, which has the stream at version 2 when it ends
      await new Promise((resolve) => setTimeout(resolve, 100))
      return { handling }
    })
    await expect((await racing).handling).rejects.toMatchObject({
      code: 'VERSION_CONFLICT',
      expected: 1,
      actual: 2,
    })
    expect(loads).toBe(1)
    await store.transaction((client) => store.handle('a', counting, 'close', { client }))
    expect(await store.aggregate('a', account)).toMatchObject({ state: { isOpen: false }, version: 3 })
  })
})
