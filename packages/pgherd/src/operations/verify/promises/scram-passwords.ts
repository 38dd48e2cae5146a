import type { PromiseCheck } from '../promise.ts'

/** Every password is stored as a SCRAM-SHA-256 verifier. */
export const scramPasswords: PromiseCheck = {
  id: 'scram-passwords',
  rows: ['J3', 'P11'],
  promise: 'passwords are stored as SCRAM-SHA-256 verifiers only',
  appliesTo: () => true,
  async measure({ asSuperuser }) {
    const client = await asSuperuser()
    const { rows } = await client.query<{ scram: number; other: number }>(
      `select count(*) filter (where rolpassword like 'SCRAM-SHA-256$%')::int as scram,
              count(*) filter (where rolpassword not like 'SCRAM-SHA-256$%')::int as other
         from pg_catalog.pg_authid`,
    )
    const { scram = 0, other = 0 } = rows[0] ?? {}
    return { ok: other === 0, measured: `${scram} SCRAM verifiers, ${other} of another kind` }
  },
}
