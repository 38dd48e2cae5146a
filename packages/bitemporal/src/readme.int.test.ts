import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { onServers } from './servers.testkit.ts'

const root = join(import.meta.dirname, '..')
const sample = readFileSync(join(root, 'test/payroll.ts'), 'utf8')

test('the code in README.md is the file that the test beside this one runs, word for word', () => {
  const blocks = [...readFileSync(join(root, 'README.md'), 'utf8').matchAll(/```ts\n(.*?)```/gs)].map(
    (match) => match[1],
  )
  const published = sample.replaceAll(`'../src/index.ts'`, `'@pgherd/bitemporal'`)
  expect(blocks).toEqual([published])
})

onServers('the sample of README.md', (server) => {
  test('prints what README.md says', () => {
    const { host, port, user, password, database } = server().server.config()
    const env = {
      ...process.env,
      PGHOST: String(host),
      PGPORT: String(port),
      PGUSER: String(user),
      PGPASSWORD: String(password),
      PGDATABASE: String(database),
    }
    const printed = execFileSync(process.execPath, [join(root, 'test/payroll.ts')], { env, encoding: 'utf8' })
    expect(readFileSync(join(root, 'README.md'), 'utf8')).toContain(`\`\`\`text\n${printed}\`\`\``)
  })
})
