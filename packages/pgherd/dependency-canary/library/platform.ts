// known violation: a library that imports the platform
import { one } from '../src/diagnostic/one.ts'

export const platform = one
