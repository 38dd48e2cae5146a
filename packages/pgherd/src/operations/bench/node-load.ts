import pg from 'pg'
import { rowsPerScale } from './tpcb-schema.ts'
import { summarise, type BenchResult } from './measurement.ts'

export interface Load {
  readonly connect: pg.ClientConfig
  readonly clients: number
  readonly seconds: number
  readonly scale: number
  readonly signal: AbortSignal
}

/** The statements of pgbench's default transaction ("TPC-B (sort of)"), prepared once per session. */
const statements = [
  {
    name: 'accounts',
    text: 'update pgbench_accounts set abalance = abalance + $2 where aid = $1',
    of: 'aid',
  },
  { name: 'balance', text: 'select abalance from pgbench_accounts where aid = $1', of: 'read' },
  { name: 'tellers', text: 'update pgbench_tellers set tbalance = tbalance + $2 where tid = $1', of: 'tid' },
  {
    name: 'branches',
    text: 'update pgbench_branches set bbalance = bbalance + $2 where bid = $1',
    of: 'bid',
  },
] as const

const history = {
  name: 'history',
  text: 'insert into pgbench_history (tid, bid, aid, delta, mtime) values ($1, $2, $3, $4, current_timestamp)',
}

function upTo(count: number): number {
  return 1 + Math.floor(Math.random() * count)
}

async function transaction(client: pg.Client, scale: number): Promise<void> {
  const keys = {
    aid: upTo(rowsPerScale.accounts * scale),
    tid: upTo(rowsPerScale.tellers * scale),
    bid: upTo(rowsPerScale.branches * scale),
  }
  const delta = upTo(10_001) - 5001
  await client.query('begin')
  for (const { name, text, of } of statements) {
    await client.query({ name, text, values: of === 'read' ? [keys.aid] : [keys[of], delta] })
  }
  await client.query({ ...history, values: [keys.tid, keys.bid, keys.aid, delta] })
  await client.query('commit')
}

/** pgbench's default transaction from Node, for machines without pgbench. The client's own cost is part of the figures. */
export async function loadFromNode(load: Load): Promise<BenchResult> {
  const latencies: number[] = []
  let failed = 0
  const begun = performance.now()
  const until = begun + load.seconds * 1000
  const session = async (): Promise<void> => {
    const client = new pg.Client(load.connect)
    client.on('error', () => undefined)
    await client.connect()
    try {
      while (performance.now() < until && !load.signal.aborted) {
        const start = performance.now()
        try {
          await transaction(client, load.scale)
          latencies.push(performance.now() - start)
        } catch {
          failed++
          await client.query('rollback')
        }
      }
    } finally {
      await client.end()
    }
  }
  await Promise.all(Array.from({ length: load.clients }, session))
  load.signal.throwIfAborted()
  const seconds = (performance.now() - begun) / 1000
  return summarise({ tool: 'node', seconds, clients: load.clients, scale: load.scale, failed }, latencies)
}
