import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { onServers } from './servers.testkit.ts'

const root = join(import.meta.dirname, '..')
const samples = ['payroll', 'staff'] as const
const readme = readFileSync(join(root, 'README.md'), 'utf8')

test('the code in README.md is the files that the test beside this one runs, word for word', () => {
  const blocks = [...readme.matchAll(/```ts\n(.*?)```/gs)].map((match) => match[1])
  const published = samples.map((sample) =>
    readFileSync(join(root, `test/${sample}.ts`), 'utf8').replaceAll(
      `'../src/index.ts'`,
      `'@pgherd/bitemporal'`,
    ),
  )
  expect(blocks).toEqual(published)
})

onServers('the samples of README.md', (server) => {
  test.each(samples)('%s prints what README.md says', (sample) => {
    const { host, port, user, password, database } = server().server.config()
    const env = {
      ...process.env,
      PGHOST: String(host),
      PGPORT: String(port),
      PGUSER: String(user),
      PGPASSWORD: String(password),
      PGDATABASE: String(database),
    }
    const printed = execFileSync(process.execPath, [join(root, `test/${sample}.ts`)], {
      env,
      encoding: 'utf8',
    })
    expect(readme).toContain(`\`\`\`text\n${printed}\`\`\``)
  })
})
