import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { apiSchemas, published } from './registry.ts'
import { statusSchema } from './status.ts'

const directory = join(import.meta.dirname, '../../../../schema')

test.each(Object.entries(apiSchemas))('schema/api/%s.schema.json is in step', async (name, schema) => {
  await expect(
    published(`https://pgherd.dev/schema/api/${name}.schema.json`, `pgherd agent: ${name}`, schema),
  ).toMatchFileSnapshot(join(directory, 'api', `${name}.schema.json`))
})

test('schema/status.schema.json is in step', async () => {
  await expect(
    published('https://pgherd.dev/schema/status.schema.json', 'pgherd status --json', statusSchema),
  ).toMatchFileSnapshot(join(directory, 'status.schema.json'))
})

test('no file lies in schema/api that no answer has', () => {
  const names = readdirSync(join(directory, 'api')).map((name) => name.replace('.schema.json', ''))
  expect(names.toSorted()).toEqual(Object.keys(apiSchemas).toSorted())
})
