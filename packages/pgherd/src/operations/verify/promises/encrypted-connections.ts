import { TLSSocket } from 'node:tls'
import type pg from 'pg'
import { databasesOf } from '../../../spec/role-databases.ts'
import type { PromiseCheck } from '../promise.ts'

/** Every declared role connects over TLS 1.3 with the server verified, as its URL says. */
export const encryptedConnections: PromiseCheck = {
  id: 'encrypted-connections',
  rows: ['A8', 'A14', 'J3', 'P10'],
  promise: 'every role connects with sslmode=verify-full over TLS 1.3',
  appliesTo: (spec) => Object.keys(spec.roles).length > 0,
  async measure({ context, asRole }) {
    const seen: string[] = []
    const versions: string[] = []
    for (const role of Object.keys(context.spec.roles)) {
      const client = await asRole(role, databasesOf(context.spec, role)[0] ?? 'postgres')
      const { rows } = await client.query<{ version: string; cipher: string }>(
        'select version, cipher from pg_catalog.pg_stat_ssl where pid = pg_catalog.pg_backend_pid()',
      )
      // in a cluster the client speaks with the pool, and the server tells of the pool's session alone
      const both = new Set([ownVersion(client), rows[0]?.version ?? 'no TLS'])
      seen.push(`${role}: ${[...both].join(', and behind it ')}`)
      versions.push(...both)
    }
    return { ok: versions.every((version) => version === 'TLSv1.3'), measured: seen.join(', ') }
  },
}

/** TLS of the connection itself, as this end sees it. */
function ownVersion({ connection: { stream } }: pg.Client): string {
  return (stream instanceof TLSSocket ? stream.getProtocol() : undefined) ?? 'no TLS'
}
