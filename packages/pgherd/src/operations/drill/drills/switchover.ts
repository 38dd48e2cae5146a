import { aimAtLeader, type Drill } from '../drill.ts'

/** A planned change of the primary: clients wait, none sees an error. */
export const switchover: Drill = {
  name: 'switchover',
  fault: 'moment',
  holdSeconds: () => 0,
  needs: ['switchover'],
  says: ({ member }) => ({
    does: `hands the work of ${member} over to a standby, as pgherd switchover does`,
    risk: 'clients wait for a moment',
    expects: 'no client sees an error',
  }),
  aim: (_world, view) => Promise.resolve(aimAtLeader(view)),
  inject: async ({ switchover }) => await switchover?.(),
  heal: () => Promise.resolve(),
  consequence: (view, { member }) => view.leader !== undefined && view.leader !== member,
  expectation: ({ switchover }) => ({
    writeGap: switchover,
    clientErrors: 0,
    basis: 'the pools are paused for the switchover, and the router looks once more',
  }),
}
