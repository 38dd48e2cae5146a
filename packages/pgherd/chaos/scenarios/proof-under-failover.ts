import { setTimeout as sleep } from 'node:timers/promises'
import { killMember } from '../../src/operations/drill/drills/kill-member.ts'
import { siteOf, type DrillWorld } from '../../src/operations/drill/world.ts'
import { judgeProof, type ProofEnd } from '../proof-verdict.ts'
import type { Scenario } from '../scenario.ts'

interface Proof {
  readonly end: Promise<ProofEnd>
  /** It was at work when the primary was killed. */
  readonly caught: boolean
}
/** Proofs under way, by the id of nothing else than their world. */
const proofs = new WeakMap<DrillWorld['sites'], Proof>()

/** Long enough to have found the live server and to look at its contents, short enough for every machine. */
const beginsWithinMs = 700
const longestMs = 180_000

/** The primary is lost while a backup is restored and compared: the proof may fail and say so, but must not lie or hang. */
export const proofUnderFailover: Scenario = {
  ...killMember,
  name: 'proof-under-failover',
  usualSeconds: 60,
  needs: ['prove'],
  says: ({ member }) => ({
    does: `restores the newest backup and kills ${member}, the primary, meanwhile`,
    risk: 'the proof may have to be made again',
    expects:
      'a standby takes over, and the proof compares contents, tells what it could not compare, or ends with an error that has a code',
  }),
  async inject(world, { member }) {
    let over = false
    const end = (world.prove?.() ?? Promise.reject(new Error('no proof is possible here')))
      .then(
        (record): ProofEnd => ({ record }),
        (error: unknown): ProofEnd => ({ error }),
      )
      .finally(() => (over = true))
    await Promise.race([end, sleep(beginsWithinMs)])
    proofs.set(world.sites, { end, caught: !over })
    await siteOf(world, member).faults.killEverything()
  },
  async checkAfter(world) {
    const proof = proofs.get(world.sites)
    proofs.delete(world.sites)
    if (!proof) return [{ name: ending, ok: false, detail: 'it was never begun' }]
    const end = await Promise.race([proof.end, sleep(longestMs, undefined, { ref: false })])
    return [
      {
        name: 'the primary was killed in the middle of the proof',
        ok: proof.caught,
        detail: proof.caught ? 'it was at work' : 'it had ended before',
      },
      end ? judgeProof(ending, end) : { name: ending, ok: false, detail: 'it is still at work' },
    ]
  },
}

const ending = 'the proof ends with what it knows'
