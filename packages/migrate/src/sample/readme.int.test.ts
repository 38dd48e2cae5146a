import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { Databases } from '../database.testkit.ts'
import * as door from '../index.ts'
import { rules } from '../lint/rules/registry.ts'
import { repairs } from '../repair/registry.ts'
import { migrate } from './first-steps.ts'

const readme = readFileSync(join(import.meta.dirname, '../../README.md'), 'utf8')

/** The text of each fenced block of a language. */
function blocks(language: string): readonly string[] {
  return [...readme.matchAll(new RegExp(`\`\`\`${language}\\n([^]*?)\`\`\``, 'g'))].map(
    (match) => match[1] ?? '',
  )
}

test('the sample of the README is the file that is run here', () => {
  const file = readFileSync(join(import.meta.dirname, 'first-steps.ts'), 'utf8')
  expect(blocks('ts')).toEqual([file.replace("'../index.ts'", "'@pgherd/migrate'")])
})

test('the five minutes of the README work as they stand there', async () => {
  await using databases = await Databases.start(18)
  const folder = mkdtempSync(join(tmpdir(), 'readme-'))
  const [first = '', undo = '', second = ''] = blocks('sql')
  writeFileSync(join(folder, '001_orders.sql'), first)
  writeFileSync(join(folder, '001_orders.down.sql'), undo)
  writeFileSync(join(folder, '002_orders_note.sql'), second)
  const pool = await databases.pool()
  const { host, port, user, password, database } = (pool as unknown as { options: Record<string, string> })
    .options
  const url = `postgresql://${user}:${password}@${host}:${port}/${database}`
  expect(await migrate(folder, url)).toBe('2 applied, 2 in all')
  expect(await migrate(folder, url)).toBe('0 applied, 2 in all')
  rmSync(folder, { recursive: true })
})

test('every call, repair and rule is in the README', () => {
  for (const [name, value] of Object.entries(door))
    if (typeof value === 'function' && name !== 'MigrateError') expect(readme).toContain(`| \`${name}(`)
  for (const name of Object.keys(repairs)) expect(readme).toContain(`\`${name}\``)
  for (const { code } of rules) expect(readme).toContain(`| ${code} |`)
})
