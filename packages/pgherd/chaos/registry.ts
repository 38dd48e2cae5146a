import { dcsDown } from '../src/operations/drill/drills/dcs-down.ts'
import { diskFull } from '../src/operations/drill/drills/disk-full.ts'
import { freezePatroni } from '../src/operations/drill/drills/freeze-patroni.ts'
import { freezePrimary } from '../src/operations/drill/drills/freeze-primary.ts'
import { killMember } from '../src/operations/drill/drills/kill-member.ts'
import { killPatroni } from '../src/operations/drill/drills/kill-patroni.ts'
import { killPostgres } from '../src/operations/drill/drills/kill-postgres.ts'
import { partitionDcs } from '../src/operations/drill/drills/partition-dcs.ts'
import { partitionPrimary } from '../src/operations/drill/drills/partition-primary.ts'
import { switchover } from '../src/operations/drill/drills/switchover.ts'
import type { Scenario } from './scenario.ts'
import { bulkUnsent } from './scenarios/bulk-unsent.ts'
import { clockSkew } from './scenarios/clock-skew.ts'
import { dataRemoved } from './scenarios/data-removed.ts'
import { isolatedFromEtcd } from './scenarios/isolated-from-etcd.ts'
import { killEtcdLeader } from './scenarios/kill-etcd-leader.ts'
import { lostWhileCloning } from './scenarios/lost-while-cloning.ts'
import { memberLostDuringBackup } from './scenarios/member-lost-during-backup.ts'
import { mostAdvancedWins } from './scenarios/most-advanced-wins.ts'
import { proofUnderFailover } from './scenarios/proof-under-failover.ts'
import { rapidKills } from './scenarios/rapid-kills.ts'
import { restoreUnderFailover } from './scenarios/restore-under-failover.ts'
import { slotCapped } from './scenarios/slot-capped.ts'
import { splitWrite } from './scenarios/split-write.ts'
import { staleLeader } from './scenarios/stale-leader.ts'
import { syncStandbyStuck } from './scenarios/sync-standby-stuck.ts'
import { twoAtOnce } from './scenarios/two-at-once.ts'
import { upUnderFailover } from './scenarios/up-under-failover.ts'

/** Every fault of the safety suite: the drills that hurt, and what no user should run. */
export const scenarios: readonly Scenario[] = [
  { ...switchover, usualSeconds: 20 },
  { ...killPostgres, usualSeconds: 15 },
  { ...killPatroni, usualSeconds: 20 },
  { ...killMember, usualSeconds: 35 },
  { ...partitionPrimary, usualSeconds: 40 },
  { ...partitionDcs, usualSeconds: 45 },
  { ...dcsDown, usualSeconds: 40 },
  { ...freezePrimary, usualSeconds: 40 },
  { ...freezePatroni, usualSeconds: 40 },
  { ...diskFull, usualSeconds: 60 },
  killEtcdLeader,
  isolatedFromEtcd,
  mostAdvancedWins,
  syncStandbyStuck,
  splitWrite,
  dataRemoved,
  slotCapped,
  lostWhileCloning,
  upUnderFailover,
  twoAtOnce,
  rapidKills,
  clockSkew,
  proofUnderFailover,
  restoreUnderFailover,
  memberLostDuringBackup,
  bulkUnsent,
  staleLeader,
]
