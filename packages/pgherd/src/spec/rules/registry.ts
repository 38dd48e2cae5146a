import { agentExposed } from './agent-exposed.ts'
import { alertAlways } from './alert-always.ts'
import { backupAge } from './backup-age.ts'
import { binariesVersion } from './binaries-version.ts'
import { clusterAddresses } from './cluster-addresses.ts'
import { clusterArchive } from './cluster-archive.ts'
import { clusterBinaries } from './cluster-binaries.ts'
import { clusterCertificate } from './cluster-certificate.ts'
import { clusterDomains } from './cluster-domains.ts'
import { clusterDurability } from './cluster-durability.ts'
import { clusterEven } from './cluster-even.ts'
import { clusterFailoverTiming } from './cluster-failover-timing.ts'
import { clusterListen } from './cluster-listen.ts'
import { clusterPorts } from './cluster-ports.ts'
import { clusterSectionsUnused } from './cluster-sections-unused.ts'
import { compressionLevel } from './compression-level.ts'
import { compressionUnavailable } from './compression-unavailable.ts'
import { connectionLimit } from './connection-limit.ts'
import { connectionsCut } from './connections-cut.ts'
import { databaseEncoding } from './database-encoding.ts'
import { databaseOwner } from './database-owner.ts'
import { drillsSchedule } from './drills-schedule.ts'
import { lagUnlimited } from './lag-unlimited.ts'
import { listRepeats } from './list-repeats.ts'
import { listenAddress } from './listen-address.ts'
import { memoryTooSmall } from './memory-too-small.ts'
import { nameCollision } from './name-collision.ts'
import { nameReserved } from './name-reserved.ts'
import { nameUndeclared } from './name-undeclared.ts'
import { nameUnusable } from './name-unusable.ts'
import { networkOpen } from './network-open.ts'
import { networkSuperuser } from './network-superuser.ts'
import { networkUnreachable } from './network-unreachable.ts'
import { objectivesUnreachable } from './objectives-unreachable.ts'
import { pathUnusable } from './path-unusable.ts'
import { portClash } from './port-clash.ts'
import { portPrivileged } from './port-privileged.ts'
import { proofCheck } from './proof-check.ts'
import { roleWithoutDatabase } from './role-without-database.ts'
import { scheduleInvalid } from './schedule-invalid.ts'
import { secretShared } from './secret-shared.ts'
import { settingElsewhere } from './setting-elsewhere.ts'
import { settingUnusable } from './setting-unusable.ts'
import { synchronousUndone } from './synchronous-undone.ts'
import { targetsReversed } from './targets-reversed.ts'
import { textUnstorable } from './text-unstorable.ts'
import { tlsContradiction } from './tls-contradiction.ts'
import type { SpecRule } from './rule.ts'

/** Every rule about what the fields of a spec say together; a test compares the list with the folder. */
export const specRules: readonly SpecRule[] = [
  agentExposed,
  alertAlways,
  backupAge,
  binariesVersion,
  clusterAddresses,
  clusterArchive,
  clusterBinaries,
  clusterCertificate,
  clusterDomains,
  clusterDurability,
  clusterEven,
  clusterFailoverTiming,
  clusterListen,
  clusterPorts,
  clusterSectionsUnused,
  compressionLevel,
  compressionUnavailable,
  connectionLimit,
  connectionsCut,
  databaseEncoding,
  databaseOwner,
  drillsSchedule,
  lagUnlimited,
  listRepeats,
  listenAddress,
  memoryTooSmall,
  nameCollision,
  nameReserved,
  nameUndeclared,
  nameUnusable,
  networkOpen,
  networkSuperuser,
  networkUnreachable,
  objectivesUnreachable,
  pathUnusable,
  portClash,
  portPrivileged,
  proofCheck,
  roleWithoutDatabase,
  scheduleInvalid,
  secretShared,
  settingElsewhere,
  settingUnusable,
  synchronousUndone,
  targetsReversed,
  textUnstorable,
  tlsContradiction,
]
