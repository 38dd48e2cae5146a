import type { ProofRecord } from '../../../backup/catalogue.ts'
import { meetsRpo } from '../../../spec/rpo.ts'
import { homeOf } from '../../../topology/topology.ts'
import { unnoticed, type Drill, type DrillCheck } from '../drill.ts'

/** The newest backup is restored into a throwaway server while the cluster works. */
export const restore: Drill = {
  name: 'restore',
  fault: 'moment',
  holdSeconds: () => 0,
  needs: ['prove'],
  says: () => ({
    does: 'restores the newest backup into a throwaway server, compares it and throws it away, as pgherd prove does',
    risk: 'the machine is busier for a while',
    expects: 'the backup restores within the objectives, and clients do not feel it',
  }),
  aim: ({ topology }) => Promise.resolve({ member: homeOf(topology).name, details: {} }),
  inject: () => Promise.resolve(),
  heal: () => Promise.resolve(),
  async checkDuring({ prove, topology }): Promise<readonly DrillCheck[]> {
    const proof = await prove?.()
    if (!proof) return []
    const { rto, rpo } = topology.spec.backups.objectives
    return [
      ...proof.checks.map(({ name, ok, detail }) => ({ name, ok, detail })),
      within('restored within the objective', proof.rtoSeconds, rto),
      lostLittle(proof, rpo),
    ]
  },
  expectation: () => unnoticed,
}

function lostLittle(proof: ProofRecord, rpo: number): DrillCheck {
  if (rpo > 0) return within('lost no more than the objective', proof.rpoSeconds, rpo)
  const detail =
    proof.lostCommits === null ? 'not measured' : `${proof.lostCommits} acknowledged commits lost`
  return { name: 'lost no more than the objective', ok: meetsRpo(proof, rpo) === true, detail }
}

function within(name: string, seconds: number | null, objective: number): DrillCheck {
  const detail =
    seconds === null ? 'not measured' : `${seconds.toFixed(1)} s, the objective is ${objective} s`
  return { name, ok: seconds !== null && seconds <= objective, detail }
}
