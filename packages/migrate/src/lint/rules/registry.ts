import { halfWay } from './mig06-half-way.ts'
import { lockCost } from './mig07-lock-cost.ts'
import { noLockTimeout } from './mig05-no-lock-timeout.ts'
import { notConcurrent } from './mig01-not-concurrent.ts'
import { packAnew } from './mig09-pack-anew.ts'
import { renameOrDrop } from './mig04-rename-or-drop.ts'
import type { Rule } from './rule.ts'
import { unbatched } from './mig08-unbatched.ts'
import { validatedAtOnce } from './mig02-validated-at-once.ts'
import { wholeTableWork } from './mig03-whole-table.ts'

/** Every rule. A test compares this with the folder. */
export const rules = [
  notConcurrent,
  validatedAtOnce,
  wholeTableWork,
  renameOrDrop,
  noLockTimeout,
  halfWay,
  lockCost,
  unbatched,
  packAnew,
] as const satisfies readonly Rule[]
