import { execFile } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import { Databases } from '../database.testkit.ts'
import * as door from '../index.ts'
import { rules } from '../lint/rules/registry.ts'
import { repairs } from '../repair/registry.ts'

const readme = readFileSync(join(import.meta.dirname, '../../README.md'), 'utf8')

/** The text of each fenced block of a language. */
function blocks(language: string): readonly string[] {
  return [...readme.matchAll(new RegExp(`\`\`\`${language}\\n([^]*?)\`\`\``, 'g'))].map(
    (match) => match[1] ?? '',
  )
}

const samples = ['first-steps.ts', 'diff-schema.ts', 'rehearse-clone.ts']
const run = promisify(execFile)

test('the samples of the README are the files that are run here', () => {
  const texts = samples.map((file) => readFileSync(join(import.meta.dirname, file), 'utf8'))
  expect(blocks('ts')).toEqual(texts.map((text) => text.replace("'../index.ts'", "'@pgherd/migrate'")))
  expect(blocks('js')).toEqual([])
})

test('all of the README works as it stands there: the five minutes, a difference, a rehearsal of it', async () => {
  await using databases = await Databases.start(18)
  const folder = mkdtempSync(join(tmpdir(), 'readme-'))
  const migrations = join(folder, 'migrations')
  mkdirSync(migrations)
  const [first = '', undo = '', second = ''] = blocks('sql')
  writeFileSync(join(migrations, '001_orders.sql'), first)
  writeFileSync(join(migrations, '001_orders.down.sql'), undo)
  writeFileSync(join(migrations, '002_orders_note.sql'), second)
  const pool = await databases.pool()
  const { host, port, user, password, database } = (pool as unknown as { options: Record<string, string> })
    .options
  const url = `postgresql://${user}:${password}@${host}:${port}/${database}`
  const said = async (sample: string) => {
    const env = { ...process.env, DATABASE_URL: url, CLONE_URL: url }
    return (await run(process.execPath, [join(import.meta.dirname, sample)], { cwd: folder, env })).stdout
  }
  expect(await said('first-steps.ts')).toBe('2 applied, 2 in all\n')
  expect(await said('first-steps.ts')).toBe('0 applied, 2 in all\n')
  // made by somebody else, as a store is
  await pool.query('create schema eventstore create table events ()')
  writeFileSync(
    join(folder, 'schema.sql'),
    `${first}\ncreate index orders_note on orders (note); create table notes (n int);`,
  )
  expect(await said('diff-schema.ts')).toBe('{ destroys: [], findings: [] }\n')
  expect(readFileSync(join(migrations, '003_add_notes.sql'), 'utf8')).toContain(
    'CREATE TABLE "public"."notes"',
  )
  expect(await said('rehearse-clone.ts')).toMatch(/^3 [\d.]+ \[\] \[\]\n$/)
  rmSync(folder, { recursive: true })
})

test('every call, repair and rule is in the README', () => {
  for (const [name, value] of Object.entries(door))
    if (typeof value === 'function' && name !== 'MigrateError') expect(readme).toContain(`| \`${name}(`)
  for (const name of Object.keys(repairs)) expect(readme).toContain(`\`${name}\``)
  for (const { code } of rules) expect(readme).toContain(`| ${code} |`)
})
