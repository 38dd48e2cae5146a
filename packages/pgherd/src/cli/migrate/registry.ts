import type { Action } from './action.ts'
import { baselineAction, downAction, upAction } from './change.ts'
import { diffAction } from './diff.ts'
import { lintAction, statusAction, verifyAction } from './look.ts'
import { rehearseAction } from './rehearse.ts'
import { newAction, repairAction } from './write.ts'

/** The actions of `pgherd migrate`. */
export const actions: readonly Action[] = [
  upAction,
  downAction,
  statusAction,
  newAction,
  verifyAction,
  repairAction,
  baselineAction,
  lintAction,
  diffAction,
  rehearseAction,
]
