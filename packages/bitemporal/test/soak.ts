// Random corrections by the million against the model of the property test, on a server of its own:
//   node packages/bitemporal/test/soak.ts [--corrections 1000000] [--keys 20000] [--seed 1] [--lanes 6]
// Afterwards the whole of valid time, as of each recorded time at which something changed, is compared with the model.
import { parseArgs } from 'node:util'
import pg from 'pg'
import { ThrowawayServer } from '../../testbed/src/throwaway-server.ts'
import { cellCount, cuts, GridModel, toGrid } from '../src/grid-model.testkit.ts'
import { BitemporalStore, install } from '../src/index.ts'

const { values } = parseArgs({
  options: {
    corrections: { type: 'string', default: '1000000' },
    keys: { type: 'string', default: '20000' },
    seed: { type: 'string', default: '1' },
    lanes: { type: 'string', default: '6' },
  },
})
const [corrections, keyCount, lanes] = [Number(values.corrections), Number(values.keys), Number(values.lanes)]
/** Changes of one transaction, each of another key. */
const together = 20

/** A generator of its own for each lane, so that a seed gives the same histories whatever the lanes do meanwhile (mulberry32). */
function dice(seed: number): (sides: number) => number {
  let state = seed
  return (sides) => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) % sides
  }
}

await using server = await ThrowawayServer.start({
  major: 18,
  settings: { shared_buffers: '512MB', max_wal_size: '4GB', synchronous_commit: 'off' },
})
const pool = new pg.Pool({ ...server.config(), max: lanes })
await install(pool)
const store = new BitemporalStore<{ x: number }>({ pool })
const models = Array.from({ length: keyCount }, () => new GridModel())
const subject = (key: number): string => `s${key}`

/** Keys are dealt out to lanes, so that none waits for another. */
const keysOf = (lane: number): number[] => models.flatMap((_, key) => (key % lanes === lane ? [key] : []))

async function change(lane: number): Promise<number> {
  const roll = dice(Number(values.seed) * 1000 + lane)
  const keys = keysOf(lane)
  let made = 0
  while (made < corrections / lanes) {
    const chosen = new Set(Array.from({ length: together }, () => keys[roll(keys.length)] ?? 0))
    await store.transaction(async (client) => {
      for (const key of chosen) {
        const from = roll(cellCount)
        const to = from + 1 + roll(cellCount - from)
        const period = { from: cuts[from] ?? '', to: cuts[to] ?? '', client }
        const value = roll(5) === 0 ? undefined : roll(4)
        const held = models[key]?.now.slice(from, to) ?? []
        // there has to be something to take back
        const isKnown = held.some((each) => each !== undefined)
        if (value === undefined && !isKnown) continue
        const { changed, recordedAt } =
          value === undefined
            ? await store.retract(subject(key), 'x', period)
            : await store.assert(subject(key), 'x', value, period)
        if (changed) models[key]?.change(recordedAt, from, to, value)
        else if (!held.every((each) => each === value))
          throw new Error(`${subject(key)}: nothing was changed`)
        made += 1
      }
    })
  }
  return made
}

/** Pictures compared. */
async function check(lane: number): Promise<number> {
  let compared = 0
  for (const key of keysOf(lane))
    for (const { at, grid } of models[key]?.pictures ?? []) {
      const told = toGrid(await store.timeline(subject(key), 'x', { recordedAt: at, coalesce: false }))
      if (JSON.stringify(told) !== JSON.stringify(grid))
        throw new Error(
          `${subject(key)} as of ${at}: ${JSON.stringify(told)} and not ${JSON.stringify(grid)}`,
        )
      compared += 1
    }
  return compared
}

async function inLanes(work: (lane: number) => Promise<number>): Promise<{ count: number; seconds: number }> {
  const began = performance.now()
  const counts = await Promise.all(Array.from({ length: lanes }, (_, lane) => work(lane)))
  return { count: counts.reduce((sum, each) => sum + each, 0), seconds: (performance.now() - began) / 1000 }
}

const made = await inLanes(change)
console.log(
  `${made.count} corrections of ${keyCount} keys in ${made.seconds.toFixed(0)} s, seed ${values.seed}`,
)
const compared = await inLanes(check)
console.log(
  `${compared.count} pictures of all valid time, each as of its own recorded time, in ${compared.seconds.toFixed(0)} s: all equal`,
)
await pool.end()
