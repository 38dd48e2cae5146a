import type { Drill } from '../drill.ts'
import { serverSites, unitOf } from '../world.ts'

/** Every etcd is away. Patroni's failsafe mode keeps the primary while all members see each other. */
export const dcsDown: Drill = {
  name: 'dcs-down',
  fault: 'held',
  holdSeconds: ({ lease }) => Math.max(20, lease + 5),
  needs: [],
  says: () => ({
    does: 'stops etcd on every member for longer than a lease lasts',
    risk: 'were a member lost at the same time, writes would stop until etcd is back',
    expects: 'the primary goes on, since all members see each other (failsafe mode)',
  }),
  aim: (_world, view) => Promise.resolve({ member: view.leader ?? '', details: {} }),
  async inject(world) {
    await Promise.all(serverSites(world).map(({ host }) => host.stopUnit('etcd')))
  },
  async heal(world) {
    await Promise.all(serverSites(world).map((site) => site.host.startUnit(unitOf(site, 'etcd'))))
  },
  expectation: () => ({ writeGap: 3, basis: 'failsafe mode keeps the primary; one retry may be felt' }),
}
