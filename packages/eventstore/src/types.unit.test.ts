import { expectTypeOf, test } from 'vitest'
import type { ClientBase } from 'pg'
import type {
  AggregateDefinition,
  Decider,
  EventStore,
  Handlers,
  InlineProjection,
  Recorded,
} from './index.ts'
import { evolveBy } from './index.ts'

type Opened = { type: 'Opened'; data: { owner: string } }
type Deposited = { type: 'Deposited'; data: { amount: number } }
type Closed = { type: 'Closed' }
type Account = Opened | Deposited | Closed
type Store = EventStore<Account>

// none of this runs: what is checked is that it compiles, or that it does not where it says so

test('append takes the events of the union and nothing else', () => {
  const append = (store: Store): unknown[] => [
    store.append('a', [{ type: 'Opened', data: { owner: 'ann' }, metadata: { userId: 'ann', mine: 1 } }]),
    store.append('a', [{ type: 'Closed' }], { expected: 'exists' }),
    // @ts-expect-error a type that is not in the union
    store.append('a', [{ type: 'Renamed', data: {} }]),
    // @ts-expect-error data of another event
    store.append('a', [{ type: 'Opened', data: { amount: 1 } }]),
    // @ts-expect-error data is missing
    store.append('a', [{ type: 'Deposited' }]),
    // @ts-expect-error no such expectation
    store.append('a', [{ type: 'Closed' }], { expected: 'some' }),
  ]
  expectTypeOf(append).toBeFunction()
})

test('what is read is told apart by its type', () => {
  expectTypeOf<Recorded<Account>['type']>().toEqualTypeOf<'Opened' | 'Deposited' | 'Closed'>()
  const amount = (event: Recorded<Account>): number =>
    event.type === 'Deposited' ? event.data.amount : event.version
  expectTypeOf(amount).returns.toEqualTypeOf<number>()
  const some = async (store: Store): Promise<void> => {
    for await (const { type } of store.readAll({ types: ['Opened', 'Closed'] }))
      expectTypeOf(type).toEqualTypeOf<'Opened' | 'Closed'>()
  }
  expectTypeOf(some).toBeFunction()
  // @ts-expect-error a type that is not in the union
  expectTypeOf((store: Store) => store.readAll({ types: ['Renamed'] })).toBeFunction()
})

test('handlers are given the event of their type', () => {
  const handlers: Handlers<Account> = {
    Opened: ({ data }) => void expectTypeOf(data).toEqualTypeOf<{ owner: string }>(),
    Deposited: ({ data }) => void expectTypeOf(data).toEqualTypeOf<{ amount: number }>(),
  }
  expectTypeOf(handlers).toBeObject()
  const subscribe = (store: Store): unknown[] => [
    store.subscribe({ name: 'n', handle: { Deposited: ({ data }) => void data.amount.toFixed() } }),
    store.subscribe({
      name: 'n',
      types: ['Opened'],
      handle: (events) => void events.map(({ type }) => type),
    }),
    // @ts-expect-error a handler of a type that is not in the union
    store.subscribe({ name: 'n', handle: { Renamed: () => undefined } }),
  ]
  expectTypeOf(subscribe).toBeFunction()
})

test('handlers of an inline projection are given the event of their type, and can be those of a rebuild', () => {
  const projection: InlineProjection<Account> = {
    name: 'n',
    handle: { Opened: ({ data }) => void expectTypeOf(data).toEqualTypeOf<{ owner: string }>() },
  }
  const rebuild = (store: Store, client: ClientBase): unknown => {
    const prepare = (): Promise<unknown> => client.query('')
    return store.rebuild({ ...projection, prepare, swap: prepare })
  }
  expectTypeOf(rebuild).toBeFunction()
  // @ts-expect-error a handler of a type that is not in the union
  expectTypeOf<InlineProjection<Account>>({ name: 'n', handle: { Renamed: () => undefined } }).toBeObject()
})

test('evolvers and deciders are inferred from the union', () => {
  const evolve = evolveBy<number, Account>({ Deposited: (state, { amount }) => state + amount })
  expectTypeOf(evolve).parameter(0).toEqualTypeOf<number>()
  const decider: Decider<number, 'close', Account> = {
    initial: () => 0,
    evolve,
    decide: () => ({ type: 'Closed' }),
  }
  expectTypeOf(decider.decide).returns.not.toBeAny()
  const balance: AggregateDefinition<number, Deposited> = {
    initial: () => 0,
    evolve: (state, event) => state + event.data.amount,
  }
  const load = async (store: Store): Promise<void> => {
    const { state } = await store.aggregate('a', balance)
    expectTypeOf(state).toEqualTypeOf<number>()
  }
  expectTypeOf(load).toBeFunction()
  // @ts-expect-error an evolver of a type that is not in the union
  expectTypeOf(evolveBy<number, Account>({ Renamed: (before) => before })).toBeFunction()
})
