import { EtcdApi } from '../../cluster/etcd-api.ts'
import { observeCluster } from '../../cluster/observe-cluster.ts'
import { PoolerAdmin } from '../../cluster/pooler-admin.ts'
import { peerUrl } from '../../components/etcd/etcd-yml.ts'
import { DiagnosticError, diagnose, mend } from '../../diagnostic/diagnostic.ts'
import type { EtcdListed } from '../../plan/cluster-view.ts'
import { hostOf, rowsOf } from '../cluster-operation.ts'
import { waitUntil } from '../wait-until.ts'
import { patiently } from './etcd-patience.ts'
import type { ScaleOptions } from './scale-options.ts'

/** Sessions move over to others for so long before the member is stopped. */
const drainMs = 10_000
/** Longer than the lease of a member in etcd, after which Patroni's leader lets go of its slot. */
const forgottenMs = 90_000

/**
 * Lets one standby go: no more reads, Patroni stopped, its slot gone, out of etcd, everything stopped. Its directory stays
 * and is named, unless it is to be destroyed. Safe to repeat.
 */
export async function removeMember(
  options: ScaleOptions,
  name: string,
  count: number,
): Promise<string | undefined> {
  const { access, sites, signal, report } = options
  const host = hostOf(sites, name)
  const gone = sites.find(({ member }) => member.name === name)?.member
  const paths = gone?.paths
  // one that never started has no name in etcd
  const isMine = (each: EtcdListed) =>
    each.name === name || (gone !== undefined && each.peerUrls.includes(peerUrl(gone)))
  const view = await observeCluster(access)
  if (view.leader === name) throw incomplete(name, 'it has become the primary meanwhile')
  report(`sending no more reads to ${name}`)
  await options.bringUp(count)
  await leave(options, name)
  report(`stopping Patroni of ${name}`)
  // the fence would take a Patroni that is gone for a fault
  for (const unit of ['fence', 'patroni'])
    if ((await host.units()).some((each) => each.name === unit && each.state !== 'stopped'))
      await host.stopUnit(unit)
  report(`removing the slot of ${name}`)
  await removeSlot(options, name, view.leader)
  const etcd = new EtcdApi(access)
  const mine = (await etcd.members()).find(isMine)
  if (mine?.id !== undefined) {
    report(`removing ${name} from etcd`)
    const { id } = mine
    await patiently(() => etcd.removeMember(id), signal)
  }
  await options.stopAll(name)
  const left = await waitUntil(async () => ((await etcd.members()).some(isMine) ? undefined : true), {
    ms: 20_000,
    signal,
  })
  if (!left) throw incomplete(name, 'etcd still counts it')
  if (!options.destroyData) return paths?.state
  // the directory of the member itself is its host's, which changes only what is below it
  if (paths) for (const path of [paths.data, paths.etcd]) await host.removeOwned(path)
  return undefined
}

/** Server sessions of the pools are closed as they become free, and new ones go elsewhere. */
async function leave({ access, sites, signal }: ScaleOptions, name: string): Promise<void> {
  await using admin = await PoolerAdmin.connect(access)
  await admin.reconnect()
  await waitUntil(
    async () => {
      const [row] = await rowsOf(
        hostOf(sites, name),
        `SELECT count(*)::int AS sessions FROM pg_stat_activity
          WHERE backend_type = 'client backend' AND pid <> pg_backend_pid() AND usename NOT LIKE 'pgherd\\_%' AND usename <> 'postgres'`,
      )
      return row?.['sessions'] === 0 || undefined
    },
    { ms: drainMs, signal },
  )
}

/** Patroni drops the slot of a member that is gone once its key has expired; a slot that stays is dropped by us. */
async function removeSlot({ access, sites, signal }: ScaleOptions, name: string, leader = ''): Promise<void> {
  const slot = slotName(name)
  const gone = await waitUntil(
    async () => {
      const [row] = await rowsOf(
        hostOf(sites, (await observeCluster(access)).leader ?? leader),
        `SELECT count(*)::int AS slots FROM pg_replication_slots WHERE slot_name = '${slot}'`,
      )
      return row?.['slots'] === 0 || undefined
    },
    { ms: forgottenMs, signal, pollMs: 500 },
  )
  if (gone) return
  await hostOf(sites, (await observeCluster(access)).leader ?? leader).sql('postgres', [
    {
      text: `SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots WHERE slot_name = '${slot}' AND NOT active`,
    },
  ])
}

/** The name Patroni gives the slot of a member (patroni/dcs/__init__.py, slot_name_from_member_name). */
export function slotName(member: string): string {
  return member
    .toLowerCase()
    .replaceAll(/[-.]/g, '_')
    .replaceAll(/[^a-z0-9_]/g, (other) => `u${other.codePointAt(0)?.toString(16).padStart(4, '0') ?? ''}`)
    .slice(0, 64)
}

function incomplete(member: string, why: string): DiagnosticError {
  return new DiagnosticError(
    diagnose('SCALE_INCOMPLETE', {
      detail: `${member} could not be removed: ${why}`,
      mend: mend.run('pgherd', 'status'),
      at: { member },
    }),
  )
}
