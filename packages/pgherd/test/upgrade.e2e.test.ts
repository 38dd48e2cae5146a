import { rmSync, symlinkSync } from 'node:fs'
import { Herd } from '@pgherd/testbed/herd.ts'
import { programsOf } from '@pgherd/testbed/postgres-programs.ts'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { MinorVersions } from '../src/operations/minor-versions.testkit.ts'
import { expectSchema } from './schema-of.ts'

interface Answer {
  plan: { steps: { impact: string; because: string }[]; changes: { from: string; to: string }[] } | null
  result: { done: object[]; versions: { running: { postgres: string } }[] } | null
  diagnostics: { code: string; mend: object }[]
}

let minors: MinorVersions
let herd: Herd
const upgrade = async (...args: readonly string[]) => {
  const run = await herd.run('upgrade', ...args, '--json')
  return { code: run.code, answer: run.json<Answer>() }
}

beforeAll(async () => {
  minors = MinorVersions.fetch()
  herd = await Herd.create({ postgres: `  version: 15\n  binaries: { path: ${minors.bin} }\n` })
  await herd.up()
})
afterAll(async () => {
  await herd[Symbol.asyncDispose]()
  minors[Symbol.dispose]()
})

test('with the installed version running there is nothing to do', async () => {
  const { code, answer } = await upgrade()
  expect(code).toBe(0)
  expect(answer).toMatchObject({ plan: { steps: [] }, result: { done: [] } })
})

test('a single server is restarted for a newer minor version, after asking', async () => {
  await herd.query('app', 'create table note as select 1 as id')
  minors.switchToNewer()
  const planned = await upgrade('--dry-run')
  expect(planned.answer).toMatchObject({
    plan: { steps: [{ impact: 'restart' }], changes: [{ from: minors.older, to: minors.newer }] },
    result: null,
  })
  expect(await upgrade()).toMatchObject({ answer: { diagnostics: [{ code: 'CONFIRMATION_NEEDED' }] } })
  expect(await herd.admin('show server_version')).toMatch(new RegExp(`^${minors.older} `))
  const { code, answer } = await upgrade('--yes')
  expect(code, JSON.stringify(answer)).toBe(0)
  expectSchema('cli/upgrade', answer)
  expect(answer.result?.versions[0]?.running.postgres).toBe(minors.newer)
  expect(await herd.admin('show server_version')).toMatch(new RegExp(`^${minors.newer} `))
  expect((await herd.query('app', 'select * from note')).rowCount).toBe(1)
  expect((await herd.run('plan', '--json')).json()).toMatchObject({ steps: [] })
})

test('another major is refused, and nothing is touched', async () => {
  rmSync(minors.bin)
  symlinkSync(programsOf(16), minors.bin)
  const { code, answer } = await upgrade('--yes')
  expect(answer).toMatchObject({ diagnostics: [{ code: 'UPGRADE_MAJOR' }] })
  expect(code).toBe(3)
  minors.switchToNewer()
})
