import pg from 'pg'
import type { LoadWay } from './bench-place.ts'
import { rowsPerScale } from './tpcb-schema.ts'
import { tpcbTransaction } from './tpcb-transaction.ts'
import { summarise, type BenchResult } from './measurement.ts'

export interface Load extends LoadWay {
  readonly clients: number
  readonly seconds: number
  readonly scale: number
  readonly signal: AbortSignal
}

function upTo(count: number): number {
  return 1 + Math.floor(Math.random() * count)
}

async function transaction(client: pg.Client, { scale, schema, prepares }: Load): Promise<void> {
  const values = {
    aid: upTo(rowsPerScale.accounts * scale),
    tid: upTo(rowsPerScale.tellers * scale),
    bid: upTo(rowsPerScale.branches * scale),
    delta: upTo(10_001) - 5001,
  }
  await client.query('begin')
  for (const { name, text, of } of tpcbTransaction(schema))
    // prepared once per session where sessions are the client's own
    await client.query({ ...(prepares ? { name } : {}), text, values: of.map((each) => values[each]) })
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
          await transaction(client, load)
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
