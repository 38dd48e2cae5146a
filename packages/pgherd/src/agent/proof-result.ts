import type { ProofRecord } from '../backup/catalogue.ts'
import { comparedShare, shortcomings } from '../backup/proof-summary.ts'
import { diagnose, mend } from '../diagnostic/diagnostic.ts'
import type { ProvedOrRenewed } from '../operations/prove-or-renew.ts'
import type { JobResult } from './scheduler/job.ts'

/** What a proof means for the job: done when there is a backup that restores in the end, with what was found on the way. Pure. */
export function proofResult({ proof, renewed, notRenewed }: ProvedOrRenewed, member: string): JobResult {
  if (proof.verdict !== 'failed') return { ok: true, summary: summaryOf(proof) }
  const why = shortcomings(proof).join('; ') || 'it could not be restored'
  const failed = `backup ${proof.backup} failed its proof: ${why}`
  const findings = [
    diagnose('PROOF_FAILED', {
      detail: `Backup ${proof.backup} of ${member} failed its proof: ${why}. Do not rely on it.`,
      mend: mend.run('pgherd', 'prove'),
      at: { member },
    }),
  ]
  if (!renewed)
    return { ok: false, summary: `${failed}; no fresh backup could be taken: ${notRenewed ?? ''}`, findings }
  if (renewed.verdict !== 'failed')
    return { ok: true, summary: `${failed}; a fresh one was taken: ${summaryOf(renewed)}`, findings }
  const summary = `${failed}; a fresh one, ${renewed.backup}, failed as well: ${shortcomings(renewed).join('; ')}`
  // what two backups in a row fail by is not mended by a third
  return { ok: false, final: true, summary, findings }
}

function summaryOf(proof: ProofRecord): string {
  const restored = `backup ${proof.backup} restored in ${proof.rtoSeconds ?? '?'} s`
  if (proof.verdict === 'restorable') return `${restored}, not proven: ${shortcomings(proof).join('; ')}`
  const share = Math.floor((comparedShare(proof) ?? 0) * 1000) / 10
  return `${restored}, ${proof.checks.length} checks passed, ${share} % of the contents compared`
}
