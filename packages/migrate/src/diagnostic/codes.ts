import { diffCodes } from './codes/diff.ts'
import { historyCodes } from './codes/history.ts'
import { lintCodes } from './codes/lint.ts'
import { runCodes } from './codes/run.ts'
import { sourceCodes } from './codes/source.ts'

/** The one registry of codes. A code is never reused for another meaning. */
export const codes = { ...sourceCodes, ...historyCodes, ...runCodes, ...lintCodes, ...diffCodes } as const

export type MigrateCode = keyof typeof codes
