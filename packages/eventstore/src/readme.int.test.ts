import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { onServers } from './servers.testkit.ts'

const root = join(import.meta.dirname, '..')
const samples = ['bank.ts', 'clinic.ts']

test('the code in README.md is the files that the test beside this one runs, word for word', () => {
  const blocks = [...readFileSync(join(root, 'README.md'), 'utf8').matchAll(/```ts\n(.*?)```/gs)].map(
    (match) => match[1],
  )
  const published = samples.map((name) =>
    readFileSync(join(root, 'test', name), 'utf8').replaceAll(`'../src/index.ts'`, `'@pgherd/eventstore'`),
  )
  expect(blocks).toEqual(published)
})

onServers('a sample of README.md', (server) => {
  test.each(samples)('%s prints what README.md says', (name) => {
    const { host, port, user, password, database } = server().server.config()
    const env = {
      ...process.env,
      PGHOST: String(host),
      PGPORT: String(port),
      PGUSER: String(user),
      PGPASSWORD: String(password),
      PGDATABASE: String(database),
    }
    const cwd = mkdtempSync(join(tmpdir(), 'readme-'))
    const printed = execFileSync(process.execPath, [join(root, 'test', name)], { cwd, env, encoding: 'utf8' })
    rmSync(cwd, { recursive: true })
    expect(readFileSync(join(root, 'README.md'), 'utf8')).toContain(`\`\`\`text\n${printed}\`\`\``)
  })
})
