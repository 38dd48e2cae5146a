import pg from 'pg'
import { BitemporalStore, install, type NewFact } from '../../packages/bitemporal/src/index.ts'
import { balance, midnight, subject, type Contender } from './contender.ts'

interface Facts extends Record<string, unknown> {
  readonly balance: { readonly amount: number; readonly currency: string }
}

/** Of this repository, with a pool of its own. */
export async function ours(config: pg.PoolConfig): Promise<Contender> {
  const pool = new pg.Pool({ ...config, max: 4 })
  pool.on('error', () => undefined)
  await install(pool)
  const store = new BitemporalStore<Facts>({ pool })
  function* facts(first: number, keys: number, factsPerKey: number): Generator<NewFact<Facts>> {
    for (let key = first; key < first + keys; key++)
      for (let day = 0; day < factsPerKey; day++)
        yield {
          subject: subject(key),
          predicate: 'balance',
          value: balance(day),
          from: midnight(day),
          to: day === factsPerKey - 1 ? 'infinity' : midnight(day + 1),
        }
  }
  return {
    name: 'pgherd',
    load: (first, keys, factsPerKey) => store.load(facts(first, keys, factsPerKey)),
    change: (key, day, value) =>
      store.supersede(subject(key), 'balance', balance(value), { from: midnight(day) }),
    asOf: async (key, day, recordedAt) =>
      (await store.get(subject(key), 'balance', { validAt: midnight(day), recordedAt }))?.value,
    current: async (key, day) =>
      (await store.get(subject(key), 'balance', { validAt: midnight(day) }))?.value,
    snapshot: async (day) => {
      let count = 0
      for await (const _fact of store.facts('balance', { validAt: midnight(day), pageSize: 10_000 })) count++
      return count
    },
    close: () => pool.end(),
  }
}
