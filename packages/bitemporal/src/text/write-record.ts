import { isEntityName, isParties, readEntityPredicate } from '../entity/entity-predicate.ts'
import { forever } from '../time/instant.ts'
import type { Period } from '../time/period.ts'
import { noEntity, type TextRecord } from './record.ts'

/**
 * A record as a line of the bitemporal 6NF text form, version 1.3. Beyond what that has, strings are JSON strings, every
 * kind of record has times, times may be `-infinity`, and a fact that is none of its kinds is an attribute of `_` with
 * any JSON as its value.
 */
export function writeRecord({ subject, predicate, json, valid, recorded }: TextRecord): string {
  return `${head(subject, predicate, json)} ${times(valid, recorded)}`
}

function head(subject: string, predicate: string, json: string): string {
  const id = JSON.stringify(subject)
  const found = readEntityPredicate(predicate)
  const isScalar = !/^[[{n]/.test(json)
  const isText = json.startsWith('"')
  switch (found?.kind) {
    case 'entity':
      if (json === 'true') return `ENTITY ${found.name} ${id}`
      break
    case 'reference':
      if (isScalar) return `REFERENCE ${found.name} ${id} ${json}`
      break
    case 'attribute':
      if (isScalar) return `ATTRIBUTE_OF ${found.entity} ${id} ${found.name} ${json}`
      break
    case 'attributeReference':
      if (isText) return `ATTRIBUTE_REF_OF ${found.entity} ${id} ${found.name} ${json}`
      break
    case 'struct':
      if (isText) return `STRUCT_OF ${found.entity} ${id} ${found.name} ${json}`
      break
    case 'structAttribute':
      if (isScalar) return `ATTRIBUTE_OF_STRUCT ${id} ${found.name} ${json}`
      break
    case 'relationship': {
      const parties = json.startsWith('[') ? (JSON.parse(json) as unknown) : undefined
      if (!isParties(parties)) break
      const sides = parties.map(([entity, party]) => `${entity} ${JSON.stringify(party)}`)
      return `RELATIONSHIP ${found.name} ${id} ${sides.join(' ')}`
    }
    case undefined:
  }
  const name = isEntityName(predicate) ? predicate : JSON.stringify(predicate)
  return `ATTRIBUTE_OF ${noEntity} ${id} ${name} ${json}`
}

function times(valid: Period, recorded: Period): string {
  const end = (keyword: string, instant: string): string =>
    instant === forever ? '' : ` ${keyword} ${instant}`
  return `VALID_FROM ${valid.from}${end('VALID_TO', valid.to)} RECORDED_AT ${recorded.from}${end('RECORDED_TO', recorded.to)}`
}
