import type { ProofRecord } from './catalogue.ts'

/**
 * Share of the contents that was compared, 0 to 1, where only everything is 1; null when
 * nothing could be compared. Nothing to compare is everything. Pure.
 */
export function comparedShare({ compared }: Pick<ProofRecord, 'compared'>): number | null {
  if (!compared) return null
  const { bytes, ofBytes } = compared
  return bytes >= ofBytes ? 1 : Math.min(bytes / ofBytes, 0.9999)
}

/** A proof as `status` tells it. Pure. */
export function proofStatus(
  proof: Pick<ProofRecord, 'provenAt' | 'rtoSeconds' | 'rpoSeconds' | 'backup' | 'verdict'>,
  share: number | null,
) {
  const { provenAt, rtoSeconds, rpoSeconds, backup, verdict } = proof
  return {
    provenAt,
    rtoSeconds,
    rpoSeconds,
    backup,
    ok: verdict === 'proven',
    verdict,
    comparedShare: share,
  }
}

/** Backups that could not even be unpacked when they were last proven: their files are damaged or gone. Pure. */
export function damagedBackups(
  proofs: readonly Pick<ProofRecord, 'backup' | 'checks'>[],
): ReadonlySet<string> {
  const newest = new Map(proofs.map((proof) => [proof.backup, proof]))
  const unreadable = [...newest.values()].filter(({ checks }) =>
    checks.some(({ name, ok, inconclusive }) => name === 'files' && !ok && inconclusive !== true),
  )
  return new Set(unreadable.map(({ backup }) => backup))
}

/**
 * What keeps a proof from being one, in words: the checks that failed, or, when none did, those that could not be made.
 * Empty for a full proof. Pure.
 */
export function shortcomings({
  verdict,
  checks,
}: Pick<ProofRecord, 'verdict' | 'checks'>): readonly string[] {
  return checks
    .filter((check) => !check.ok && (verdict === 'restorable' || check.inconclusive !== true))
    .map(({ name, detail }) => `${name}${detail.startsWith('not ') ? '' : ':'} ${detail}`)
}
