import { z } from 'zod'
import { specSchema } from './schema.ts'

/** A JSON Schema, as far as the spec's uses the language. */
export interface JsonSchema {
  readonly title?: string
  readonly description?: string
  readonly type?: string | readonly string[]
  readonly default?: unknown
  readonly const?: unknown
  readonly enum?: readonly unknown[]
  readonly pattern?: string
  readonly format?: string
  readonly minimum?: number
  readonly maximum?: number
  readonly exclusiveMinimum?: number
  readonly properties?: Readonly<Record<string, JsonSchema>>
  readonly required?: readonly string[]
  readonly additionalProperties?: boolean | JsonSchema
  readonly items?: JsonSchema
  readonly anyOf?: readonly JsonSchema[]
}

/**
 * The schema editors complete and check specs with (draft-07, which yaml-language-server reads).
 * It describes what is written, before defaults; what the rules check it cannot express.
 */
export function specJsonSchema(): JsonSchema {
  const schema = z.toJSONSchema(specSchema, { io: 'input', target: 'draft-7' })
  return {
    ...(schema as JsonSchema),
    title: 'pgherd spec',
    description: 'One file that becomes a production PostgreSQL.',
  }
}

/** The file `schema/pgherd.schema.json`, whole. */
export function specJsonSchemaText(): string {
  return `${JSON.stringify(specJsonSchema(), null, 2)}\n`
}
