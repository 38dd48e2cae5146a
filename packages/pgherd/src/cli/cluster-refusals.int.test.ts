import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { run } from './pgherd-process.testkit.ts'

let directory: string
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'pgherd-refusals-'))
  chmodSync(directory, 0o755)
})
afterEach(() => rmSync(directory, { recursive: true, force: true }))

/** Refusals of `plan` for a cluster of three; nothing of it runs. */
async function refusalsOf(topology: string): Promise<readonly Record<string, unknown>[]> {
  writeFileSync(
    join(directory, 'pgherd.yaml'),
    `name: refused
postgres: { version: 15, binaries: system, memory: 512MB }
topology: { ${topology} }
databases: { app: { owner: app } }
roles: { app: { access: owner } }
`,
  )
  const { code, stdout, stderr } = await run(directory, ['plan', '--json'])
  expect(code, stdout + stderr).toBe(3)
  return (JSON.parse(stdout) as { diagnostics: readonly Record<string, unknown>[] }).diagnostics
}

test('a durability that the installed Patroni does not know is refused, with the nearest it does', async () => {
  expect(await refusalsOf('members: 3, durability: quorum')).toMatchObject([
    {
      code: 'DURABILITY_UNAVAILABLE',
      detail: expect.stringContaining('3.0') as string,
      mend: { kind: 'edit', path: 'topology.durability', to: 'sync' },
    },
  ])
})

test('a cluster is not made beside the data of a single server', async () => {
  const data = join(directory, '.pgherd', 'refused', 'data')
  mkdirSync(join(data, 'global'), { recursive: true, mode: 0o755 })
  writeFileSync(join(data, 'PG_VERSION'), '15\n')
  const refused = (await refusalsOf('members: 3')).filter(({ code }) => code !== 'PORT_TAKEN')
  expect(refused).toMatchObject([{ code: 'SINGLE_NOT_CLUSTER', at: { path: 'topology.members' } }])
  expect(refused[0]?.['detail']).toContain(data)
})
