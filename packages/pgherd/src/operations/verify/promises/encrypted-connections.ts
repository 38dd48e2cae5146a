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
    for (const role of Object.keys(context.spec.roles)) {
      const client = await asRole(role, databasesOf(context.spec, role)[0] ?? 'postgres')
      const { rows } = await client.query<{ version: string; cipher: string }>(
        'select version, cipher from pg_catalog.pg_stat_ssl where pid = pg_catalog.pg_backend_pid()',
      )
      seen.push(`${role}: ${rows[0]?.version ?? 'no TLS'}`)
    }
    return { ok: seen.every((entry) => entry.endsWith('TLSv1.3')), measured: seen.join(', ') }
  },
}
