import { z } from 'zod'
import type { SpecPath } from './path.ts'
import { specSchema } from './schema.ts'
import { describeWanted } from './wanted.ts'

/** Takes defaults, optionality and transformations off: what is left says which values are wanted. */
export function bareSchema(schema: z.core.$ZodType): z.core.$ZodType {
  if (schema instanceof z.ZodDefault || schema instanceof z.ZodPrefault || schema instanceof z.ZodOptional) {
    return bareSchema(schema.def.innerType)
  }
  return schema
}

/** Schemas of the values below a key; several where a union allows several shapes. */
function below(schema: z.core.$ZodType, key: string): z.core.$ZodType[] {
  const bare = bareSchema(schema)
  if (bare instanceof z.ZodObject)
    return Object.hasOwn(bare.shape, key) ? [bare.shape[key] as z.core.$ZodType] : []
  if (bare instanceof z.ZodRecord) return [bare.def.valueType]
  if (bare instanceof z.ZodArray) return [bare.def.element]
  if (bare instanceof z.ZodUnion) return bare.def.options.flatMap((option) => below(option, key))
  return []
}

/** What the schema says about a path; empty where it knows nothing. */
export function schemasAt(path: SpecPath): z.core.$ZodType[] {
  let schemas: z.core.$ZodType[] = [specSchema]
  for (const segment of path) schemas = schemas.flatMap((schema) => below(schema, segment))
  return schemas
}

/** The keys that may stand at a path; empty where any may, or none. */
export function keysAt(path: SpecPath): string[] {
  const keys = (schema: z.core.$ZodType): string[] => {
    const bare = bareSchema(schema)
    if (bare instanceof z.ZodObject) return Object.keys(bare.shape)
    if (bare instanceof z.ZodRecord && bare.keyType instanceof z.ZodEnum)
      return bare.keyType.options.map(String)
    if (bare instanceof z.ZodUnion) return bare.def.options.flatMap(keys)
    return []
  }
  return schemasAt(path).flatMap(keys)
}

/** The part of a path that is a secret reference, when the path is one or leads into one. */
export function secretPathOf(path: SpecPath): SpecPath | undefined {
  for (let length = 1; length <= path.length; length += 1) {
    const prefix = path.slice(0, length)
    if (schemasAt(prefix).some((schema) => describeWanted.get(bareSchema(schema))?.secret)) return prefix
  }
  return undefined
}

/** Every key of the spec's fixed parts with its place: `port` is at `postgres.port` and `agent.port`. */
export function fixedKeys(): { readonly key: string; readonly path: SpecPath }[] {
  const search = (schema: z.core.$ZodType, path: SpecPath): { key: string; path: SpecPath }[] => {
    const bare = bareSchema(schema)
    if (!(bare instanceof z.ZodObject)) return []
    return Object.entries(bare.shape as Record<string, z.core.$ZodType>).flatMap(([key, child]) => [
      { key, path: [...path, key] },
      ...search(child, [...path, key]),
    ])
  }
  return search(specSchema, [])
}

/** The value a path has when it is left out, as the user would write it. */
export function defaultAt(path: SpecPath): unknown {
  const [schema] = schemasAt(path)
  if (schema instanceof z.ZodDefault || schema instanceof z.ZodPrefault) return schema.def.defaultValue
  return undefined
}
