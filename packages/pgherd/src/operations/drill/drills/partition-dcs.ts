import { cutOffFromEtcd, type LockHolder } from '../cut-off-from-etcd.ts'
import { aimAtLeader, ledByAnother, type Drill, type DrillCheck } from '../drill.ts'
import { poll } from '../poll.ts'
import { siteOf, type DrillWorld } from '../world.ts'

/**
 * The primary loses etcd and nothing else: its etcd is without the others, and its Patroni reaches that one alone. The
 * standbys keep the majority, in which its lease runs out, so one of them would be promoted. What must happen is Patroni's
 * failsafe mode (3.0.2, ha.py, _handle_dcs_error): after a loop and its retries the primary asks every member for its consent
 * (POST /failsafe) and goes on only while all give it; who gave it takes no lock for a ttl. Where failsafe mode is off, the
 * primary steps down instead, before its lease runs out, and then a standby is promoted.
 */
export const partitionDcs: Drill = {
  name: 'partition-dcs',
  fault: 'held',
  // longer than a lease, and than what the last consent is good for
  holdSeconds: ({ lease }) => 2 * lease + 5,
  needs: ['lockHolder'],
  says: ({ member, details }) => ({
    does: `cuts ${member}, the primary, off from etcd alone, for longer than two leases last; the others keep the majority`,
    risk: 'were a member lost at the same time, the primary would step down, and clients wait for another',
    expects:
      details['failsafe'] === 'off'
        ? 'the primary steps down by itself, then a standby takes over; never two primaries'
        : 'the primary goes on with the consent of all others (failsafe mode); never two primaries',
  }),
  aim: (_world, view) =>
    Promise.resolve(
      aimAtLeader(view, { failsafe: view.dynamicConfig?.['failsafe_mode'] === false ? 'off' : 'on' }),
    ),
  inject(world, { member }) {
    const { faults, member: hit } = siteOf(world, member)
    return faults.isolate([hit.ports.etcdClient, hit.ports.etcdPeer])
  },
  heal: (world, { member }) => siteOf(world, member).faults.rejoin(),
  // without that the partition was none
  consequence: (view, aim) =>
    aim.details['failsafe'] === 'off'
      ? ledByAnother(view, aim)
      : view.failsafeActive || ledByAnother(view, aim),
  async checkDuring(world, { member, details }) {
    const view = await world.observe()
    const cutOff = cutOffFromEtcd(view, member, await holderOf(world))
    if (details['failsafe'] === 'off') return cutOff
    const primaries = view.members.filter(({ role }) => role === 'primary').map(({ name }) => name)
    return [
      ...cutOff,
      {
        name: 'the primary goes on with the consent of all others',
        ok: view.failsafeActive && primaries.join() === member,
        detail: `${primaries.join(', ') || 'nobody'} takes writes, failsafe mode is ${view.failsafeActive ? '' : 'not '}active`,
      },
    ]
  },
  checkAfter: async (world) => [await lockedAgain(world)],
  expectation: () => ({ writeGap: 3, basis: 'failsafe mode keeps the primary; one retry may be felt' }),
}

async function holderOf({ lockHolder }: DrillWorld): Promise<LockHolder> {
  try {
    return (await lockHolder?.()) ?? null
  } catch {
    // no majority answers
    return undefined
  }
}

/** Without the lock in etcd the primary would depend on the consent of every member from here on. */
async function lockedAgain(world: DrillWorld): Promise<DrillCheck> {
  let detail = ''
  const again = await poll(30, world.signal, async () => {
    const [{ leader }, holder] = [await world.observe(), await holderOf(world)]
    detail = `${holder ?? 'nobody'} holds it, ${leader ?? 'nobody'} leads`
    return (leader !== undefined && leader === holder) || undefined
  })
  return { name: 'whoever leads has the lock in etcd again', ok: again === true, detail }
}
