import { agentCodes } from './codes/agent.ts'
import { backupCodes } from './codes/backup.ts'
import { cliCodes } from './codes/cli.ts'
import { clusterCodes } from './codes/cluster.ts'
import { drillCodes } from './codes/drill.ts'
import { fenceCodes } from './codes/fence.ts'
import { hostCodes } from './codes/host.ts'
import { migrateCodes } from './codes/migrate.ts'
import { operationCodes } from './codes/operations.ts'
import { planCodes } from './codes/plan.ts'
import { postgresCodes } from './codes/postgres.ts'
import { restoreCodes } from './codes/restore.ts'
import { specCodes } from './codes/spec.ts'
import { tuningCodes } from './codes/tuning.ts'
import { upgradeCodes } from './codes/upgrade.ts'

/** The one registry of codes. A code is never reused for another meaning. */
export const codes = {
  ...specCodes,
  ...tuningCodes,
  ...postgresCodes,
  ...planCodes,
  ...hostCodes,
  ...backupCodes,
  ...restoreCodes,
  ...agentCodes,
  ...cliCodes,
  ...clusterCodes,
  ...drillCodes,
  ...fenceCodes,
  ...migrateCodes,
  ...operationCodes,
  ...upgradeCodes,
} as const

export type DiagnosticCode = keyof typeof codes
