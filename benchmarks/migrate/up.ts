/*
 * 200 migrations on a new database, then again with nothing to do, each contender in turn.
 *
 *   npm install --prefix benchmarks/migrate          once, for the peers
 *   node benchmarks/migrate/up.ts [--rounds 9] [--work small|mixed] [--ours]
 *
 * --ours leaves the peers out.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { ThrowawayServer } from '../../packages/testbed/src/throwaway-server.ts'
import { median, secondsOf } from '../median.ts'
import { contenders } from './contenders.ts'

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '9' },
    work: { type: 'string', default: 'small' },
    ours: { type: 'boolean', default: false },
  },
})

const count = 200
const textOf = (index: number) => {
  if (values.work === 'small') return `create table t${index} (n int);\n`
  return index % 2 === 0
    ? `create table t${index} (id bigint primary key, name text not null);\n`
    : `alter table t${index - 1} add column c integer not null default 0;\n`
}

const root = mkdtempSync(join(tmpdir(), 'migrate-bench-'))
await using server = await ThrowawayServer.start({ major: 18, settings: { fsync: 'on' } })
const all = await contenders(
  root,
  Array.from({ length: count }, (_, index) => textOf(index)),
  values.ours,
)
const samples = new Map(all.map(({ name }) => [name, { fresh: [] as number[], again: [] as number[] }]))
let made = 0
// the first round warms up
for (let round = 0; round <= Number(values.rounds); round++) {
  const order = all.map((_, index) => all[(index + round) % all.length])
  for (const contender of order) {
    if (!contender) continue
    const database = `d${(made += 1)}`
    // they stay until the end: ext4 looks for inodes that were not freed lately, and after a drop that took half of a run
    await server.query(`create database ${database}`)
    const fresh = await secondsOf(() => contender.run(server.config(database)))
    const again = await secondsOf(() => contender.run(server.config(database)))
    const { rows } = await server.query(
      `select count(*)::int as n from pg_class where relname ~ '^t[0-9]+$' and relkind = 'r'`,
      [],
      database,
    )
    const expected = values.work === 'small' ? count : count / 2
    if ((rows[0] as { n: number }).n !== expected)
      throw new Error(`${contender.name} did not make ${expected} tables`)
    if (round > 0) {
      samples.get(contender.name)?.fresh.push(fresh * 1000)
      samples.get(contender.name)?.again.push(again * 1000)
    }
  }
}
for (const [kind, goal] of [
  ['fresh', 'at most 0.5x'],
  ['again', 'at most 1.1x'],
] as const) {
  const drizzle = samples.get('drizzle')?.[kind]
  const ratio = drizzle
    ? `${(median(samples.get('ours')?.[kind] ?? []) / median(drizzle)).toFixed(2)}x of drizzle, to reach: ${goal}; `
    : ''
  const figures = all.map(({ name }) => {
    const each = samples.get(name)?.[kind] ?? []
    return `${name} ${median(each).toFixed(0)} ms (${each.map((one) => one.toFixed(0)).join(' ')})`
  })
  console.log(`${kind.padEnd(6)} ${ratio}${figures.join('; ')}`)
}
rmSync(root, { recursive: true })
