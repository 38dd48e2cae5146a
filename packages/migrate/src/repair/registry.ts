import { acceptChecksum } from './accept-checksum.ts'
import type { Repair, VersionRepair } from './action.ts'
import { adopt } from './adopt.ts'
import { forgetMissing } from './forget-missing.ts'
import { complete, forget, resume } from './unfinished.ts'

/** Every repair of one migration. The two that concern the table and the lock as a whole are in `repair.ts`. */
export const repairs = {
  adopt,
  resume,
  forget,
  complete,
  'accept-checksum': acceptChecksum,
  'forget-missing': forgetMissing,
} as const satisfies Readonly<Record<VersionRepair, Repair>>
