import pg from 'pg'
import type { OperationContext } from '../context.ts'
import { tpcbSchema } from './tpcb-schema.ts'
import { loadFromNode } from './node-load.ts'
import { loadFromPgbench } from './pgbench-load.ts'
import type { BenchResult } from './measurement.ts'

export interface BenchOptions {
  readonly seconds: number
  readonly clients: number
  readonly scale: number
}

/** Reserved: no declared database can have this name. */
const database = 'pgherd_bench'

/**
 * Runs the TPC-B-like load in a database of its own, which is dropped afterwards: with pgbench where
 * it is installed, else from Node. Declared databases are not touched.
 */
export async function bench(context: OperationContext, options: BenchOptions): Promise<BenchResult> {
  const { member, facts, signal } = context
  const connect = (name: string): pg.ClientConfig => ({
    host: member.paths.sockets,
    port: member.ports.postgres,
    user: 'postgres',
    database: name,
    application_name: 'pgherd_bench',
  })
  await asSuperuser(connect('postgres'), [
    `drop database if exists ${database} with (force)`,
    `create database ${database}`,
  ])
  try {
    context.report(`filling ${(options.scale * 100_000).toLocaleString('en')} accounts`)
    await asSuperuser(connect(database), tpcbSchema(options.scale))
    signal.throwIfAborted()
    context.report(`${options.clients} clients for ${options.seconds} s`)
    const program = facts.postgres.tools['pgbench']
    const load = { ...options, signal }
    return program === undefined
      ? await loadFromNode({ ...load, connect: connect(database) })
      : await loadFromPgbench({
          ...load,
          program,
          database,
          sockets: member.paths.sockets,
          port: member.ports.postgres,
          runAs: facts.runAs,
          scratch: member.paths.scratch,
        })
  } finally {
    await asSuperuser(connect('postgres'), [`drop database if exists ${database} with (force)`])
  }
}

async function asSuperuser(config: pg.ClientConfig, statements: readonly string[]): Promise<void> {
  // filling must not wait for a WAL archive that is not there; the load itself commits as applications do
  const client = new pg.Client({ ...config, options: '-c synchronous_commit=local' })
  client.on('error', () => undefined)
  await client.connect()
  try {
    for (const statement of statements) await client.query(statement)
  } finally {
    await client.end()
  }
}
