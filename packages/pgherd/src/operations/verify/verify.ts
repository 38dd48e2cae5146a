import pg from 'pg'
import { httpText } from '../../hosts/http-text.ts'
import { serversOf } from '../../topology/topology.ts'
import { administered, socketOf } from '../administered.ts'
import { agentUrl } from '../agent-url.ts'
import type { OperationContext } from '../context.ts'
import { allDoors, clientDoor } from './doors.ts'
import { promises } from './registry.ts'
import type { Measured, PromiseCheck, VerifyTools } from './promise.ts'

export interface VerifiedPromise extends Measured {
  readonly id: string
  readonly rows: readonly string[]
  readonly promise: string
  readonly seconds: number
}

/** Measures every promise that applies to the spec, one after the other; one that cannot be measured does not hold. */
export async function verify(
  context: OperationContext,
  onDone: (result: VerifiedPromise) => void,
): Promise<readonly VerifiedPromise[]> {
  const results: VerifiedPromise[] = []
  for (const promise of promises.filter((each) => each.appliesTo(context.spec))) {
    context.signal.throwIfAborted()
    const result = await measureOne(promise, context)
    onDone(result)
    results.push(result)
  }
  return results
}

async function measureOne(promise: PromiseCheck, context: OperationContext): Promise<VerifiedPromise> {
  const clients: pg.Client[] = []
  const begun = performance.now()
  let measured: Measured
  try {
    measured = await promise.measure(toolsFor(context, clients))
  } catch (error) {
    measured = { ok: false, measured: error instanceof Error ? error.message : String(error) }
  } finally {
    await Promise.allSettled(clients.map((client) => client.end()))
  }
  const { id, rows, promise: text } = promise
  return { id, rows, promise: text, ...measured, seconds: (performance.now() - begun) / 1000 }
}

function toolsFor(context: OperationContext, clients: pg.Client[]): VerifyTools {
  const { member, spec } = context
  const open = async (config: pg.ClientConfig): Promise<pg.Client> => {
    const client = new pg.Client({
      ...config,
      connectionTimeoutMillis: 5000,
      query_timeout: 30_000,
      application_name: 'pgherd_verify',
    })
    // a connection lost between queries is reported by the next query
    client.on('error', () => undefined)
    await client.connect()
    clients.push(client)
    return client
  }
  return {
    context,
    doors: allDoors(context),
    asSuperuser: async (database = 'postgres') => open(socketOf(await administered(context), database)),
    asSuperuserOf: (server) => open(socketOf(server, 'postgres')),
    servers: serversOf(context.topology),
    asRole: async (role, database) => open(await clientDoor(context, database).config(role, database)),
    withoutTls: async ({ config }, role, database) => open({ ...(await config(role, database)), ssl: false }),
    async askAgent(path) {
      const begun = performance.now()
      const { status, body } = await httpText(agentUrl(spec.agent.listen, member.ports.agent) + path, 10_000)
      return { status, body, milliseconds: performance.now() - begun }
    },
  }
}
