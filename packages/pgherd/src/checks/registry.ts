import { archiveBehind } from './archive-behind.ts'
import { archiveGap } from './archive-gap.ts'
import { backupTooOld } from './backup-too-old.ts'
import { certificateExpiring } from './certificate-expiring.ts'
import type { Check } from './check.ts'
import { checksumFailing } from './checksum-failing.ts'
import { clusterAutomationPaused } from './cluster-automation-paused.ts'
import { clusterLeaderless } from './cluster-leaderless.ts'
import { clusterMemberAway } from './cluster-member-away.ts'
import { clusterNotSynchronous } from './cluster-not-synchronous.ts'
import { clusterWithoutQuorum } from './cluster-without-quorum.ts'
import { connectionsNearLimit } from './connections-near-limit.ts'
import { dataKept } from './data-kept.ts'
import { diskNearlyFull } from './disk-nearly-full.ts'
import { drillFailing } from './drill-failing.ts'
import { drillOverdue } from './drill-overdue.ts'
import { drillUnhealed } from './drill-unhealed.ts'
import { embeddedBuild } from './embedded-build.ts'
import { etcdMemberAway } from './etcd-member-away.ts'
import { fenceActed } from './fence-acted.ts'
import { fenceAway } from './fence-away.ts'
import { jobFailing } from './job-failing.ts'
import { pendingRestart } from './pending-restart.ts'
import { poolerDown } from './pooler-down.ts'
import { proofFailed } from './proof-failed.ts'
import { proofIncomplete } from './proof-incomplete.ts'
import { proofMissesObjective } from './proof-misses-objective.ts'
import { proofTooOld } from './proof-too-old.ts'
import { queryTooLong } from './query-too-long.ts'
import { redisDown } from './redis-down.ts'
import { replicaBehind } from './replica-behind.ts'
import { repositorySharesDisk } from './repository-shares-disk.ts'
import { routerDown } from './router-down.ts'
import { serverDown } from './server-down.ts'
import { serverFrozen } from './server-frozen.ts'
import { slotLost } from './slot-lost.ts'
import { transactionTooLong } from './transaction-too-long.ts'
import { unitRestarting } from './unit-restarting.ts'
import { upgradeWaiting } from './upgrade-waiting.ts'
import { wraparoundNear } from './wraparound-near.ts'

/** Every health check, the gravest first. A test compares this list with the folder. */
export const checks: readonly Check[] = [
  serverDown,
  serverFrozen,
  clusterLeaderless,
  clusterWithoutQuorum,
  routerDown,
  poolerDown,
  redisDown,
  fenceAway,
  clusterNotSynchronous,
  drillUnhealed,
  clusterMemberAway,
  etcdMemberAway,
  clusterAutomationPaused,
  fenceActed,
  unitRestarting,
  slotLost,
  checksumFailing,
  wraparoundNear,
  diskNearlyFull,
  archiveGap,
  archiveBehind,
  backupTooOld,
  proofFailed,
  proofIncomplete,
  proofTooOld,
  proofMissesObjective,
  drillFailing,
  drillOverdue,
  certificateExpiring,
  connectionsNearLimit,
  transactionTooLong,
  queryTooLong,
  replicaBehind,
  jobFailing,
  pendingRestart,
  upgradeWaiting,
  repositorySharesDisk,
  dataKept,
  embeddedBuild,
]
