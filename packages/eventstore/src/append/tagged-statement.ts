import { int4Array, textArray } from '../database/binary-array.ts'
import type { Query, Value } from '../database/query.ts'
import type { PreparedAppend } from './prepare-append.ts'

const columns = 'o_status, o_version, o_position'
const parameters = '$1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14'

export const appendTagged: Query = {
  name: 'append-tagged',
  text: (es) => `select ${columns} from ${es}.append_tagged(${parameters}, false)`,
}
export const appendTaggedAtomic: Query = {
  name: 'append-tagged-atomic',
  text: (es) => `select ${columns} from ${es}.append_tagged_atomic(${parameters})`,
}

/** Whether an append has a condition or an event with tags. */
export function isTagged({ events, condition }: PreparedAppend): boolean {
  return condition !== undefined || events.some(({ tags }) => tags.length > 0)
}

/** The last parameters of these: which event has which tag, by number from 1, and the conditions by append. */
export function tagParameters(appends: readonly PreparedAppend[]): readonly Value[] {
  const owners: number[] = []
  const tags: string[] = []
  for (const [index, event] of appends.flatMap(({ events }) => events).entries())
    for (const tag of event.tags) {
      owners.push(index + 1)
      tags.push(tag)
    }
  const conditions = appends.flatMap(({ condition }, index) =>
    condition ? [{ append: index + 1, ...condition }] : [],
  )
  return [int4Array(owners), textArray(tags), JSON.stringify(conditions)]
}
