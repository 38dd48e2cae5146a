import type { ProofRecord } from '../src/backup/catalogue.ts'
import { DiagnosticError } from '../src/diagnostic/diagnostic.ts'
import type { DrillCheck } from '../src/operations/drill/drill.ts'

/** How a proof ended: with a record, or with what it threw. */
export type ProofEnd = { readonly record: ProofRecord } | { readonly error: unknown }

/**
 * Judges a proof that a fault came over; the backup it was about is a good one. `proven` is right only with contents
 * that were compared, `restorable` only with a check that says what it could not look at, and an error only with a code.
 * `failed` is wrong: it would send somebody after damage that is none. Pure.
 */
export function judgeProof(name: string, end: ProofEnd): DrillCheck {
  if ('error' in end) {
    const { error } = end
    const ok = error instanceof DiagnosticError && error.diagnostics.length > 0
    return { name, ok, detail: error instanceof Error ? error.message : String(error) }
  }
  const { ok: proven, verdict, compared, checks } = end.record
  const tables = compared?.tables ?? 0
  const open = checks.filter((check) => check.inconclusive === true)
  const bad = checks.filter((check) => !check.ok)
  const detail = `${verdict}, ${tables} tables compared${bad.map((check) => `; ${check.name}: ${check.detail}`).join('')}`
  if (proven) return { name, ok: verdict === 'proven' && tables > 0 && bad.length === 0, detail }
  return { name, ok: verdict === 'restorable' && open.length > 0, detail }
}
