import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Ajv } from 'ajv'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { expect } from 'vitest'

/** Checks a --json document against its published schema. */
export function expectSchema(name: string, document: unknown): void {
  const schema = JSON.parse(
    readFileSync(join(import.meta.dirname, '../schema', `${name}.schema.json`), 'utf8'),
  ) as { $schema: string }
  const Dialect = schema.$schema.includes('draft-07') ? Ajv : Ajv2020
  const validate = new Dialect({ strict: false }).compile(schema)
  const ok = validate(document)
  expect(ok ? [] : validate.errors).toEqual([])
}
