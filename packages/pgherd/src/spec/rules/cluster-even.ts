import { mend } from '../../diagnostic/diagnostic.ts'
import { majorityOf, nextOdd } from '../cluster.ts'
import type { SpecRule } from './rule.ts'

export const clusterEven: SpecRule = {
  id: 'cluster-even',
  why: 'Who is primary is decided by a majority; an even member adds something that can fail and no vote that counts.',
  *examine(spec) {
    const { members } = spec.topology
    if (members % 2 === 1) return
    const survives = members - majorityOf(members)
    const detail =
      members === 2
        ? 'topology.members is 2, and a majority of two is both: when either is lost, the other may not become or stay primary, so writes stop. Two members are a second copy of the data, no self-healing; without a third that can vote, nobody can tell a dead member from a cut cable'
        : `topology.members is ${members}: a majority of them is ${majorityOf(members)}, so ${survives} may be lost, no more than of ${members - 1}, and there is one more that can fail`
    yield {
      code: 'SPEC_UNSAFE',
      detail,
      mend: mend.edit('topology.members', nextOdd(members)),
      path: ['topology', 'members'],
    }
  },
  examples: {
    good: { name: 'a', postgres: { binaries: 'system' }, topology: { members: 5 } },
    bad: [2, 4, 6].map((members) => ({
      spec: { name: 'a', postgres: { binaries: 'system' }, topology: { members } },
      at: 'topology.members',
    })),
  },
}
