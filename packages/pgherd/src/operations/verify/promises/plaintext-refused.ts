import { databasesOf } from '../../../spec/role-databases.ts'
import type { PromiseCheck } from '../promise.ts'

/** invalid_authorization_specification: pg_hba.conf has no row for it, or rejects it. */
const refusedByHba = '28000'

/** A connection without TLS is refused before a password is asked for. */
export const plaintextRefused: PromiseCheck = {
  id: 'plaintext-refused',
  rows: ['J3', 'P10'],
  promise: 'unencrypted TCP is refused',
  appliesTo: (spec) => Object.keys(spec.roles).length > 0,
  async measure({ context, overTcp }) {
    const role = Object.keys(context.spec.roles)[0] ?? 'postgres'
    try {
      await overTcp(role, databasesOf(context.spec, role)[0] ?? 'postgres', 'none')
    } catch (error) {
      const { code, message } = error as { code?: string; message: string }
      return { ok: code === refusedByHba, measured: message }
    }
    return { ok: false, measured: `the role "${role}" got in without TLS` }
  },
}
