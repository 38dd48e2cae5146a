import { appendMany, appendOne } from './v1-append.ts'
import { horizon } from './v1-horizon.ts'
import { readPages } from './v1-read.ts'
import { tables } from './v1-tables.ts'
import { subjectKeys } from './v2-subject-keys.ts'
import { tags } from './v3-tags.ts'

/** What each version adds to the one before. A released version never changes: what is installed somewhere is changed by a later one. */
export const versions: readonly ((es: string) => string)[] = [
  (es) => [tables(es), appendOne(es), appendMany(es), horizon(es), readPages(es)].join('\n'),
  subjectKeys,
  tags,
]
