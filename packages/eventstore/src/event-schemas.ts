import type { EventShape } from './event.ts'
import { EventStoreError } from './errors/event-store-error.ts'

/** Turns data of one schema version into data of the next. */
export type Upcast = (data: unknown) => unknown

/** The present version of an event type's data, and the step from each version before it. */
export interface EventSchema {
  readonly version: number
  readonly upcast: Readonly<Record<number, Upcast>>
}

/** By event type; a type that is not named is at version 1. */
export type Schemas<E extends EventShape = EventShape> = Readonly<Partial<Record<E['type'], EventSchema>>>

/** Throws INVALID_OPTION when a step from an older version is missing. */
export function checkSchemas(schemas: Schemas): Schemas {
  for (const [type, schema] of Object.entries(schemas)) {
    if (!schema) continue
    const steps = Array.from({ length: Math.max(schema.version - 1, 0) }, (_, index) => index + 1)
    const missing = steps.filter((from) => typeof schema.upcast[from] !== 'function')
    if (Number.isSafeInteger(schema.version) && schema.version >= 1 && missing.length === 0) continue
    throw new EventStoreError('INVALID_OPTION', {
      detail: `the schema of ${type} is at version ${schema.version} and has no step from version ${missing.join(', ') || '1'}`,
      why: 'events that were stored then could not be read any more',
      mend: `Add ${missing.map((from) => `upcast[${from}]`).join(', ') || 'a version from 1'}.`,
    })
  }
  return schemas
}

/** Data as the present version has it. Throws SCHEMA_UNKNOWN when a newer program wrote it. */
export function upcast(type: string, version: number, data: unknown, schemas: Schemas): unknown {
  const schema = schemas[type]
  const present = schema?.version ?? 1
  if (version > present)
    throw new EventStoreError('SCHEMA_UNKNOWN', {
      detail: `a ${type} was stored with schema version ${version}, and ${present} is the newest known here`,
      why: 'a newer program wrote it, and reading it as the older version would misread it',
      mend: 'Update this program, or add the version to `schemas`.',
    })
  let current = data
  for (let from = version; from < present; from++) current = schema?.upcast[from]?.(current)
  return current
}
