import { createHash } from 'node:crypto'
import { quoted } from '../database/database.ts'
import type { Query } from '../database/query.ts'
import { BitemporalError } from '../errors/bitemporal-error.ts'
import { joinOn, type JoinOptions } from '../join/join-facts.ts'
import type { Column, Columns } from './column-type.ts'

export type TableJoinOptions<C extends Columns> = Omit<JoinOptions, 'on'> & {
  /** The same subject, or a text column of the left table that names the subject of the right; `subject` when left out. */
  readonly on?: 'subject' | (keyof C & string)
}

/** The join of two typed tables. Throws INVALID_OPTION. */
export function tableJoin(columns: readonly Column[], on: string, other: string): Query {
  // the name of a prepared statement has 63 bytes at most
  const name = createHash('sha256').update(`${on} ${other}`).digest('hex').slice(0, 16)
  if (on === 'subject') return joinOn(name, 'l.subject', quoted(other))
  const found = columns.find(({ name }) => name === on)
  if (found?.base === 'text') return joinOn(name, `(l.value ->> '${on}')`, quoted(other))
  throw new BitemporalError('INVALID_OPTION', {
    detail: `\`on\` is ${JSON.stringify(on)}, and the table has no such column that is text`,
    why: 'subjects are text',
    mend: 'Join on `subject`, or on a text column that names subjects of the other table.',
  })
}
