import pg from 'pg'
import type { OperationContext } from '../context.ts'
import { benchPlace } from './bench-place.ts'
import { tpcbSchema } from './tpcb-schema.ts'
import { loadFromNode } from './node-load.ts'
import { loadFromPgbench } from './pgbench-load.ts'
import type { BenchResult } from './measurement.ts'

export interface BenchOptions {
  readonly seconds: number
  readonly clients: number
  readonly scale: number
}

/**
 * Runs the TPC-B-like load where nothing of the user's is (see bench-place.ts), and removes it afterwards: with pgbench where
 * it is installed, else from Node. In a cluster the load takes the way of applications, through the pool.
 */
export async function bench(context: OperationContext, options: BenchOptions): Promise<BenchResult> {
  const { member, facts, signal } = context
  const place = await benchPlace(context)
  await asSuperuser(place.make.on, place.make.texts)
  try {
    context.report(`filling ${(options.scale * 100_000).toLocaleString('en')} accounts`)
    await asSuperuser(place.fill, [...tpcbSchema(options.scale), ...place.letIn])
    signal.throwIfAborted()
    context.report(`${options.clients} clients for ${options.seconds} s`)
    const program = facts.postgres.tools['pgbench']
    const load = { ...options, ...place.way, signal }
    return program === undefined
      ? await loadFromNode(load)
      : await loadFromPgbench({ ...load, program, runAs: facts.runAs, scratch: member.paths.scratch })
  } finally {
    await asSuperuser(place.remove.on, place.remove.texts)
  }
}

async function asSuperuser(config: pg.ClientConfig, statements: readonly string[]): Promise<void> {
  // filling must not wait for a WAL archive that is not there, nor for a standby; the load itself commits as applications do
  const options = ['-c synchronous_commit=local', config.options].filter((each) => each !== undefined)
  const client = new pg.Client({ ...config, options: options.join(' ') })
  client.on('error', () => undefined)
  await client.connect()
  try {
    for (const statement of statements) await client.query(statement)
  } finally {
    await client.end()
  }
}
