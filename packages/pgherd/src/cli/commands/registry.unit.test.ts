import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { Ajv } from 'ajv'
import { expect, test } from 'vitest'
import { commands } from './registry.ts'

const schemas = join(import.meta.dirname, '../../../schema')

test('every command of the folder is registered under the name of its file, and has its verb', () => {
  const files = readdirSync(import.meta.dirname).flatMap((name) =>
    /^(?!registry)([a-z]+)\.ts$/.exec(name) ? [name.slice(0, -3)] : [],
  )
  expect(commands.map(({ name }) => name).sort()).toEqual(files.sort())
  expect(
    readdirSync(join(import.meta.dirname, '../verbs'))
      .filter((name) => /^[a-z]+\.ts$/.test(name))
      .sort(),
  ).toEqual(files.map((name) => `${name}.ts`).sort())
})

test('each says in lower case what it does, with an example of itself and only options it describes', () => {
  for (const { name, summary, example, options } of commands) {
    expect(summary).toMatch(/^[a-z].*[^.]$/)
    expect(example).toMatch(new RegExp(`\\bpgherd ${name}\\b`))
    for (const option of options) {
      expect(option.flags).toMatch(/^--[a-z-]+( <[a-z]+>)?$/)
      expect(option.description).toMatch(/^[a-z].*[^.]$/)
    }
    for (const [flag] of example.matchAll(/(?<= )--[a-z-]+/g))
      expect(options.map(({ flags }) => flags.split(' ')[0])).toContain(flag)
  }
})

/** Those whose document is a list of files, a path or nothing at all. */
const withoutSchema = ['init', 'logs', 'psql']

test('every command with a document has its JSON Schema, and no schema is without a command', () => {
  const published = readdirSync(join(schemas, 'cli')).map((name) => name.replace('.schema.json', ''))
  const documents = commands
    .map(({ name }) => name)
    .filter((name) => !withoutSchema.includes(name) && name !== 'status')
  expect(published.sort()).toEqual([...documents, 'backup-list', 'dry-run', 'error'].sort())
  expect(existsSync(join(schemas, 'status.schema.json'))).toBe(true)
})

test.each([...readdirSync(join(schemas, 'cli')).map((name) => `cli/${name}`), 'status.schema.json'])(
  '%s is a sound JSON Schema',
  (name) => {
    const schema = JSON.parse(readFileSync(join(schemas, name), 'utf8')) as { $schema: string; $id: string }
    const options = { strict: false, validateFormats: false }
    const ajv = schema.$schema.includes('2020-12') ? new Ajv2020(options) : new Ajv(options)
    expect(ajv.validateSchema(schema), JSON.stringify(ajv.errors)).toBe(true)
    expect(() => ajv.compile(schema)).not.toThrow()
    expect(schema.$id.endsWith(name)).toBe(true)
  },
)
