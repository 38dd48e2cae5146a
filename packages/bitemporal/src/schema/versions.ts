import type { StorageSql } from '../partition/history-storage.ts'
import type { RowShape } from './row-shape.ts'
import { change } from './v1-change.ts'
import { load } from './v1-load.ts'
import { read } from './v1-read.ts'
import { tables } from './v1-tables.ts'
import { references } from './v2-references.ts'
import { importing } from './v3-import.ts'

/** What each version adds to the one before. A released version never changes: what is installed somewhere is changed by a later one. */
export const versions: readonly ((bt: string, row: RowShape, storage: StorageSql) => string)[] = [
  (bt, row, storage) => [tables(bt, row, storage), change(bt, row), read(bt), load(bt, row)].join('\n'),
  references,
  importing,
]
