import type { BackupRecord, ProofRecord } from '../../backup/catalogue.ts'
import { comparedShare, shortcomings } from '../../backup/proof-summary.ts'
import type { Measured } from './promise.ts'

export interface Proven {
  /** Oldest first, as the repository gives them. */
  readonly backups: readonly Pick<BackupRecord, 'id' | 'stoppedAt'>[]
  readonly proofs: readonly ProofRecord[]
  /** Longest time between two scheduled proofs, seconds. */
  readonly gapSeconds: number
  readonly now: Date
}

const prove = { kind: 'run', argv: ['pgherd', 'prove'] } as const

/**
 * Whether what would be restored now is proven: the newest backup itself, or, when that one was taken since, the one
 * before it, as long as its proof is no older than the schedule lets it be. The newest proof must not have failed. Pure.
 */
export function judgeProofs({ backups, proofs, gapSeconds, now }: Proven): Measured {
  const newest = backups.at(-1)
  if (!newest)
    return { ok: false, measured: 'there is no backup', mend: { kind: 'run', argv: ['pgherd', 'backup'] } }
  const last = proofs.at(-1)
  if (!last) return { ok: false, measured: 'no backup was ever proven', mend: prove }
  if (last.verdict === 'failed')
    return {
      ok: false,
      measured: `backup ${last.backup} failed its proof of ${last.provenAt}: ${shortcomings(last).join('; ')}`,
      mend: prove,
    }
  const proof = proofs.findLast(({ verdict }) => verdict === 'proven')
  if (!proof)
    return {
      ok: false,
      measured: `backup ${last.backup} restores, but was not proven: ${shortcomings(last).join('; ') || 'its record does not say what was compared'}`,
      mend: prove,
    }
  const what = `proven at ${proof.provenAt}, ${proof.checks.length} checks, ${percent(comparedShare(proof))} of the contents compared`
  if (proof.backup === newest.id) return { ok: true, measured: `the newest backup ${newest.id} was ${what}` }
  const age = (now.getTime() - Date.parse(proof.provenAt)) / 1000
  const since = `the newest backup ${newest.id} has not been proven yet; backup ${proof.backup} before it was ${what}`
  if (age <= gapSeconds)
    return { ok: true, measured: `${since}, and the next proof is due within ${hours(gapSeconds)} of that` }
  return {
    ok: false,
    measured: `${since}, ${hours(age)} ago: longer than backups.proof.schedule leaves between two proofs (${hours(gapSeconds)})`,
    mend: prove,
  }
}

function percent(share: number | null): string {
  return `${Math.floor((share ?? 0) * 1000) / 10} %`
}

function hours(seconds: number): string {
  return `${Math.round(seconds / 360) / 10} h`
}
