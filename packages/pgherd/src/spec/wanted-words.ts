import { z } from 'zod'
import { bareSchema, schemasAt } from './schema-walk.ts'
import type { SpecPath } from './path.ts'
import { listed } from './shown.ts'
import { describeWanted, type Wanted } from './wanted.ts'

/** What is wanted at a path, in words that complete "must be ...", and what the reference says about it. */
export function wantedAt(path: SpecPath): Wanted & { readonly description: string | undefined } {
  const [schema] = schemasAt(path)
  const wanted = schema ? wantedOf(schema) : { phrase: 'something else', shown: false }
  const description = schema && z.globalRegistry.get(schema)?.description
  return { ...wanted, description }
}

function wantedOf(schema: z.core.$ZodType): Wanted {
  const bare = bareSchema(schema)
  const registered = describeWanted.get(bare)
  if (registered) return registered
  if (bare instanceof z.ZodEnum) {
    const options = bare.options.map(String)
    return { phrase: listed(options, 'or'), shown: true }
  }
  if (bare instanceof z.ZodLiteral) {
    const values = [...bare.values].map(String)
    return { phrase: listed(values, 'or'), shown: true }
  }
  if (bare instanceof z.ZodNumber) return numberWanted(bare)
  if (bare instanceof z.ZodBoolean) return { phrase: 'true or false', shown: true }
  if (bare instanceof z.ZodString) return { phrase: 'text that is not empty', shown: false }
  if (bare instanceof z.ZodArray) {
    return { phrase: 'a list, even of one: [item, item]', shown: false }
  }
  if (bare instanceof z.ZodObject) {
    return { phrase: `a mapping with the keys ${listed(Object.keys(bare.shape))}`, shown: false }
  }
  if (bare instanceof z.ZodRecord)
    return { phrase: 'a mapping: one name with its value per line', shown: false }
  return { phrase: 'text, a number, true or false', shown: false }
}

function numberWanted(schema: z.ZodNumber): Wanted {
  const kind = schema.isInt ? 'a whole number' : 'a number'
  const { minValue: min, maxValue: max } = schema
  const bounded = (value: number | null): value is number =>
    value !== null && Math.abs(value) < Number.MAX_SAFE_INTEGER
  const range =
    bounded(min) && bounded(max)
      ? ` from ${String(min)} to ${String(max)}`
      : bounded(min)
        ? ` above ${String(min)}`
        : ''
  return { phrase: kind + range, shown: true }
}
