import type { MetricQuery } from '../metric-query.ts'
import { activity } from './activity.ts'
import { archiver } from './archiver.ts'
import { bgwriter } from './bgwriter.ts'
import { blocked } from './blocked.ts'
import { checkpointer } from './checkpointer.ts'
import { database } from './database.ts'
import { databaseSize } from './database-size.ts'
import { io } from './io.ts'
import { locks } from './locks.ts'
import { longRunning } from './long-running.ts'
import { postmaster } from './postmaster.ts'
import { replication } from './replication.ts'
import { replicationSlots } from './replication-slots.ts'
import { settings } from './settings.ts'
import { statReplication } from './stat-replication.ts'
import { statWal } from './stat-wal.ts'
import { statements } from './statements.ts'
import { userTables } from './user-tables.ts'
import { walFiles } from './wal-files.ts'
import { wraparound } from './wraparound.ts'
import { xminHorizon } from './xmin-horizon.ts'

/** Every subject, the cheap and vital ones first: a pass that runs out of budget skips the tail. */
export const metricQueries: readonly MetricQuery[] = [
  postmaster,
  database,
  activity,
  replication,
  statReplication,
  replicationSlots,
  longRunning,
  blocked,
  locks,
  bgwriter,
  checkpointer,
  statWal,
  archiver,
  walFiles,
  wraparound,
  xminHorizon,
  io,
  settings,
  databaseSize,
  statements,
  userTables,
]
