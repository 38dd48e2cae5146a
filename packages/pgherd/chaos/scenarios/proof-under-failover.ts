import { killMember } from '../../src/operations/drill/drills/kill-member.ts'
import type { DrillCheck } from '../../src/operations/drill/drill.ts'
import { siteOf, type DrillWorld } from '../../src/operations/drill/world.ts'
import type { Scenario } from '../scenario.ts'

/** Proofs under way, by the id of nothing else than their world. */
const proofs = new WeakMap<DrillWorld['sites'], Promise<DrillCheck>>()

/** The primary is lost while a backup is restored and compared: the proof may fail and say so, but must not lie or hang. */
export const proofUnderFailover: Scenario = {
  ...killMember,
  name: 'proof-under-failover',
  usualSeconds: 60,
  needs: ['prove'],
  says: ({ member }) => ({
    does: `restores the newest backup and kills ${member}, the primary, meanwhile`,
    risk: 'the proof may have to be made again',
    expects: 'a standby takes over, and the proof ends with a verdict or an error that says why',
  }),
  async inject(world, { member }) {
    const proof = world.prove?.() ?? Promise.reject(new Error('no proof is possible here'))
    proofs.set(
      world.sites,
      proof.then(
        ({ ok, checks }) => ({
          name,
          ok: true,
          detail: ok ? 'proven' : `failed ${checks.filter((each) => !each.ok).length} checks`,
        }),
        (error: unknown) => ({
          name,
          ok: true,
          detail: error instanceof Error ? error.message : String(error),
        }),
      ),
    )
    await siteOf(world, member).faults.killEverything()
  },
  async checkAfter(world) {
    const ended = proofs.get(world.sites)
    proofs.delete(world.sites)
    const late = new Promise<DrillCheck>((resolve) =>
      setTimeout(() => resolve({ name, ok: false, detail: 'it is still at work' }), 120_000).unref(),
    )
    return ended ? [await Promise.race([ended, late])] : []
  },
}

const name = 'the proof comes to an end'
