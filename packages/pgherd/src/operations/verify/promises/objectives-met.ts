import { meetsRpo } from '../../../spec/rpo.ts'
import { openRepositoryOf } from '../../open-repository.ts'
import type { PromiseCheck } from '../promise.ts'

/** The measured recovery is within what the spec promises. */
export const objectivesMet: PromiseCheck = {
  id: 'objectives-met',
  rows: ['E11', 'J17'],
  promise: 'the last proof measured an RTO and RPO within the objectives',
  appliesTo: () => true,
  async measure({ context }) {
    const { rto, rpo } = context.spec.backups.objectives
    const proof = (await (await openRepositoryOf(context)).proofs()).findLast(({ ok }) => ok)
    const lossless = proof && meetsRpo(proof, rpo)
    if (!proof || proof.rtoSeconds === null || lossless === undefined) {
      return {
        ok: false,
        measured: 'no proof measured them',
        mend: { kind: 'run', argv: ['pgherd', 'prove'] },
      }
    }
    const loss =
      rpo === 0
        ? `${proof.lostCommits ?? '?'} acknowledged commits lost, as an RPO of 0 s asks for 0`
        : `RPO ${proof.rpoSeconds?.toFixed(1) ?? '?'} s of ${rpo} s`
    return {
      ok: proof.rtoSeconds <= rto && lossless,
      measured: `RTO ${proof.rtoSeconds.toFixed(1)} s of ${rto} s, ${loss}`,
    }
  },
}
