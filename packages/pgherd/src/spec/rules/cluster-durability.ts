import { mend } from '../../diagnostic/diagnostic.ts'
import { asksForCluster } from '../cluster.ts'
import type { SpecFinding } from '../finding.ts'
import type { SpecRule } from './rule.ts'

/** Whether the installed Patroni offers it is only known on the machine, and checked there. */
export const clusterDurability: SpecRule = {
  id: 'cluster-durability',
  why: 'A commit cannot be on a second member that is not there, and what is not waited for can be lost.',
  *examine(spec): Iterable<SpecFinding> {
    const { durability } = spec.topology
    const path = ['topology', 'durability']
    if (durability === undefined) return
    if (!asksForCluster(spec)) {
      if (durability === 'async') return
      yield {
        code: 'SPEC_CONTRADICTION',
        detail: `topology.durability is ${durability}, which puts a commit on a second member, but topology.members is 1`,
        mend: mend.advice(
          'write topology.members: 3, or remove topology.durability; backups.synchronous lets a single server wait for its archive',
        ),
        path,
        involves: [['topology', 'members']],
      }
      return
    }
    if (durability !== 'async') return
    if (spec.backups.objectives.rpo === 0) {
      yield {
        code: 'SPEC_CONTRADICTION',
        detail:
          'topology.durability is async, so commits can be lost with the primary, but backups.objectives.rpo is 0, nothing may be lost',
        mend: mend.edit('topology.durability', 'sync'),
        path,
        involves: [['backups', 'objectives', 'rpo']],
      }
    } else if (spec.drills.objectives.lostWrites === 0) {
      yield {
        code: 'SPEC_DOUBTFUL',
        detail:
          'topology.durability is async, so commits can be lost with the primary, but drills.objectives.lostWrites is 0, so drills that lose one fail',
        mend: mend.advice(
          'write durability: sync, or say under drills.objectives.lostWrites how many acknowledged writes may be lost',
        ),
        path,
        involves: [['drills', 'objectives', 'lostWrites']],
      }
    }
  },
  examples: {
    good: {
      name: 'a',
      postgres: { binaries: 'system' },
      topology: { members: 3, durability: 'async' },
      drills: { objectives: { lostWrites: 500 } },
    },
    bad: [
      ...(['sync', 'quorum', 'strict'] as const).map((durability) => ({
        spec: { name: 'a', topology: { durability } },
        at: 'topology.durability',
      })),
      {
        spec: { name: 'a', postgres: { binaries: 'system' }, topology: { members: 3, durability: 'async' } },
        at: 'topology.durability',
      },
      {
        spec: {
          name: 'a',
          postgres: { binaries: 'system' },
          topology: { members: 3, durability: 'async' },
          backups: { synchronous: true, objectives: { rpo: '0s' } },
        },
        at: 'topology.durability',
      },
    ],
  },
}
