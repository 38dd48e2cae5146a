import pg from 'pg'
import { roleSecretId } from '../secrets/secret.ts'
import { databasesOf } from '../spec/role-databases.ts'
import type { Spec } from '../spec/schema.ts'
import type { ClusterAccess } from './access.ts'
import { connectTo } from './connect.ts'
import { cut } from './session.ts'

/** `waits`: PgBouncer lets it in, and no session of the pool is free. */
export type LoginOutcome =
  { readonly result: 'ok' } | { readonly result: 'refused' | 'waits'; readonly reason: string }

/** Whom an application logs in as: a declared role that can, an owner rather than another, with its first database. */
export function applicationOf(
  spec: Spec,
  now: Date,
): { readonly role: string; readonly database: string } | undefined {
  const able = Object.entries(spec.roles)
    .filter(
      ([, { validUntil, connectionLimit }]) =>
        connectionLimit !== 0 && !(validUntil !== undefined && Date.parse(validUntil) <= now.getTime()),
    )
    .flatMap(([role]) => {
      const [database] = databasesOf(spec, role)
      return database === undefined ? [] : [{ role, database }]
    })
  return able.find(({ role, database }) => spec.databases[database]?.owner === role) ?? able[0]
}

/**
 * Logs in to the pool as an application does, with its password over TLS, and asks one question: that is what clients
 * need, whatever else answers. Undefined when the spec declares nobody who could. Never throws.
 */
export async function logInToPool(
  access: ClusterAccess,
  { timeoutMs = 2000, now = new Date() }: { readonly timeoutMs?: number; readonly now?: Date } = {},
): Promise<LoginOutcome | undefined> {
  const application = applicationOf(access.topology.spec, now)
  if (!application) return undefined
  const { role, database } = application
  const refused = (error: unknown): LoginOutcome => ({
    result: 'refused',
    reason: `role ${role} cannot use database ${database}: ${error instanceof Error ? error.message : String(error)}`,
  })
  let client: pg.Client
  try {
    client = new pg.Client({
      ...(await connectTo(access, 'pool', {
        user: role,
        secret: roleSecretId(role),
        database,
        applicationName: 'pgherd probe',
        connectTimeoutMs: timeoutMs,
      })),
      query_timeout: timeoutMs,
    })
  } catch (error) {
    return refused(error)
  }
  client.on('error', () => undefined)
  try {
    await client.connect()
    await client.query('select 1')
    return { result: 'ok' }
  } catch (error) {
    // the words of node-postgres for a query without an answer in time
    if (error instanceof Error && /^Query read timeout$/.test(error.message))
      return {
        result: 'waits',
        reason: `role ${role} got no session of database ${database} within ${timeoutMs / 1000} s`,
      }
    return refused(error)
  } finally {
    cut(client)
  }
}
