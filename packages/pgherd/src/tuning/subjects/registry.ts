import type { Subject } from '../subject.ts'
import { alerts } from './alerts.ts'
import { autovacuum } from './autovacuum.ts'
import { checkpoints } from './checkpoints.ts'
import { connections } from './connections.ts'
import { io } from './io.ts'
import { libraries } from './libraries.ts'
import { locale } from './locale.ts'
import { logging } from './logging.ts'
import { memory } from './memory.ts'
import { parallelism } from './parallelism.ts'
import { planner } from './planner.ts'
import { replication } from './replication.ts'
import { security } from './security.ts'
import { timeouts } from './timeouts.ts'
import { wal } from './wal.ts'

/** Every subject, in the order of postgresql.conf. A test compares the list with the folder. */
export const subjects: readonly Subject[] = [
  connections,
  security,
  memory,
  parallelism,
  planner,
  io,
  wal,
  checkpoints,
  replication,
  autovacuum,
  timeouts,
  libraries,
  logging,
  locale,
  alerts,
]
