import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { specJsonSchema, specJsonSchemaText, type JsonSchema } from './json-schema.ts'
import { specReference } from './reference.ts'

const regenerate = 'out of step; run: node packages/pgherd/scripts/write-spec-files.ts'

function fileText(path: string): string {
  return readFileSync(new URL(path, import.meta.url), 'utf8')
}

test('schema/pgherd.schema.json is what the schema says', () => {
  expect(fileText('../../schema/pgherd.schema.json'), regenerate).toBe(specJsonSchemaText())
})

test('docs/spec-reference.md is what the schema says', () => {
  expect(fileText('../../../../docs/spec-reference.md'), regenerate).toBe(specReference())
})

/** Every field with its path, through mappings, records, lists and alternatives. */
function* fields(schema: JsonSchema, path: string): Generator<[string, JsonSchema]> {
  for (const [key, field] of Object.entries(schema.properties ?? {})) {
    yield [`${path}${key}`, field]
    yield* fields(field, `${path}${key}.`)
  }
  if (typeof schema.additionalProperties === 'object')
    yield* fields(schema.additionalProperties, `${path}<name>.`)
  if (schema.items) yield* fields(schema.items, path)
  for (const alternative of schema.anyOf ?? []) yield* fields(alternative, path)
}

test('every field is described in a sentence', () => {
  const all = [...fields(specJsonSchema(), '')]
  expect(all.length).toBeGreaterThan(80)
  for (const [path, field] of all) expect(field.description, path).toMatch(/^(pgherd|[A-Z`]).{8,}\.$/s)
})

test('the reference names every field', () => {
  const text = specReference()
  for (const [path] of fields(specJsonSchema(), '')) expect(text).toContain(path.split('.').at(-1))
})
