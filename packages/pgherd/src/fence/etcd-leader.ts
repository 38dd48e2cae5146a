import type { FenceEtcd } from '../components/fence/fence-file.ts'
import { askEtcd } from './fence-etcd.ts'

type EtcdHost = FenceEtcd['hosts'][number]

/**
 * Has another member lead etcd when this one does; called beside a primary. Whoever becomes the leader of etcd lets every
 * lease begin anew (etcd, lease/lessor.go, Promote), so that the loss of a machine that holds both the primary and the
 * leader of etcd lasts up to two seconds longer than the lease. Takes milliseconds, and etcd picks the moment
 * (MoveLeader of rpc.proto). Gives whether it was asked for. Throws when etcd of this member or of every other one does not answer.
 */
export async function yieldEtcdLeader(etcd: FenceEtcd): Promise<boolean> {
  const [own, ...others] = etcd.hosts
  if (!own) return false
  const { id, leader } = await statusOf(etcd, own)
  if (id !== leader) return false
  let last: Error | undefined
  for (const other of others) {
    try {
      const { id: targetID, learner } = await statusOf(etcd, other)
      if (learner) continue
      await askEtcd(etcd, own, '/v3/maintenance/transfer-leadership', { targetID })
      return true
    } catch (error) {
      last = error instanceof Error ? error : new Error(String(error))
    }
  }
  if (last) throw last
  return false
}

/** Who a member of etcd is, and who leads it. Throws when it does not answer. */
async function statusOf(
  etcd: FenceEtcd,
  host: EtcdHost,
): Promise<{ readonly id: string; readonly leader: string; readonly learner: boolean }> {
  const { header, leader, isLearner } = (await askEtcd(etcd, host, '/v3/maintenance/status', {})) as {
    header?: { member_id?: string }
    leader?: string
    isLearner?: boolean
  }
  if (header?.member_id === undefined || leader === undefined)
    throw new Error('etcd does not say who leads it')
  return { id: header.member_id, leader, learner: isLearner === true }
}
