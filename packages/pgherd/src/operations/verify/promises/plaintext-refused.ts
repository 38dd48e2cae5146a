import { databasesOf } from '../../../spec/role-databases.ts'
import type { Door } from '../doors.ts'
import type { PromiseCheck, VerifyTools } from '../promise.ts'

/** invalid_authorization_specification: pg_hba.conf has no row for it, or rejects it. */
const refusedByHba = '28000'
/** PgBouncer has no code of its own for it (client.c: protocol_violation); its words tell. */
const refusedByPooler = /^SSL required$/

/** A connection without TLS is refused before a password is asked for, at every door. */
export const plaintextRefused: PromiseCheck = {
  id: 'plaintext-refused',
  rows: ['J3', 'P10'],
  promise: 'unencrypted TCP is refused',
  appliesTo: (spec) => Object.keys(spec.roles).length > 0,
  async measure(tools) {
    const seen = []
    for (const door of tools.doors) seen.push({ door: door.name, ...(await tryPlain(tools, door)) })
    const [first] = seen
    const open = seen.filter(({ refused }) => !refused)
    if (first && seen.length === 1) return { ok: first.refused, measured: first.said }
    return {
      ok: open.length === 0,
      measured:
        open.length > 0
          ? open.map(({ door, said }) => `${door}: ${said}`).join('; ')
          : `refused by ${seen.map(({ door }) => door).join(', ')}`,
    }
  },
}

async function tryPlain(
  { context, withoutTls }: VerifyTools,
  door: Door,
): Promise<{ readonly refused: boolean; readonly said: string }> {
  const role = Object.keys(context.spec.roles)[0] ?? 'postgres'
  try {
    await withoutTls(door, role, databasesOf(context.spec, role)[0] ?? 'postgres')
  } catch (error) {
    const { code, message } = error as { code?: string; message: string }
    return { refused: code === refusedByHba || refusedByPooler.test(message), said: message }
  }
  return { refused: false, said: `the role "${role}" got in without TLS` }
}
