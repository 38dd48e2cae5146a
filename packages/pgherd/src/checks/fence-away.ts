import { diagnose, mend } from '../diagnostic/diagnostic.ts'
import { seconds } from './amount.ts'
import type { Check } from './check.ts'
import type { ClusterMemberObservation, FenceObservation } from './observation.ts'

interface Facts {
  readonly fences: readonly FenceObservation[]
  /** Empty while the cluster could not be looked at. */
  readonly members: readonly Pick<ClusterMemberObservation, 'name' | 'role'>[]
}

/** A supervisor brings a fence back within seconds, and a starting one has to load. */
const patience = 10

/**
 * A fence that is dead or frozen: were Patroni of its member to die, PostgreSQL would go on beside the next primary. A
 * member that is gone as a whole is a finding of its own.
 */
export const fenceAway: Check<Facts> = {
  id: 'fence-away',
  about: 'server',
  everySeconds: 5,
  probe: {
    kind: 'observed',
    read: ({ fences, cluster }) => fences && { fences, members: cluster?.members ?? [] },
  },
  judge({ fences, members }) {
    const gone = members.filter(({ role }) => role === 'unreachable').map(({ name }) => name)
    return fences
      .filter(
        ({ member, silentSeconds }) =>
          !gone.includes(member) && (silentSeconds === null || silentSeconds > patience),
      )
      .map(({ member, silentSeconds }) =>
        diagnose('FENCE_AWAY', {
          detail: `The fence of ${member} ${silentSeconds === null ? 'has not run since the machine started' : `has not been at work for ${seconds(silentSeconds)}`}: should Patroni of ${member} die while it is the primary, its PostgreSQL would take writes beside the next one.`,
          mend: mend.advice(
            `pgherd up starts it when it is dead; when it hangs, kill its process, and it is started anew: pgherd logs fence --member ${member}`,
          ),
          at: { member },
        }),
      )
  },
  samples: [
    {
      about: 'watches',
      facts: { fences: [{ member: 'pg1', silentSeconds: 0.8, lastAction: null }], members: [] },
      expect: [],
    },
    {
      about: 'never ran',
      facts: { fences: [{ member: 'pg1', silentSeconds: null, lastAction: null }], members: [] },
      expect: ['FENCE_AWAY'],
    },
    {
      about: 'frozen',
      facts: {
        fences: [{ member: 'pg1', silentSeconds: 11, lastAction: null }],
        members: [{ name: 'pg1', role: 'primary' }],
      },
      expect: ['FENCE_AWAY'],
    },
    {
      about: 'gone with its member',
      facts: {
        fences: [{ member: 'pg1', silentSeconds: 300, lastAction: null }],
        members: [{ name: 'pg1', role: 'unreachable' }],
      },
      expect: [],
    },
  ],
}
