import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { Herd } from '@pgherd/testbed/herd.ts'
import { programsOf } from '@pgherd/testbed/postgres-programs.ts'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

async function upAndProven(herd: Herd): Promise<void> {
  const run = await herd.run('up', '--yes', '--json')
  expect(run.code, run.stdout + run.stderr).toBe(0)
  expect(run.json()).toMatchObject({ ok: true, proof: { ok: true } })
}

describe('the PostgreSQL 15 of the system', () => {
  let herd: Herd
  beforeAll(async () => {
    herd = await Herd.create({ postgres: '  version: 15\n  binaries: system\n' })
    await upAndProven(herd)
  })
  afterAll(async () => herd[Symbol.asyncDispose]())

  test('serves, and every promise holds', async () => {
    expect((await herd.query('app', 'show server_version_num')).rows[0]).toMatchObject({
      server_version_num: expect.stringMatching(/^15/) as string,
    })
    const { promises } = (await herd.run('verify', '--json')).json<{
      promises: { id: string; ok: boolean }[]
    }>()
    expect(promises.filter(({ ok }) => !ok)).toEqual([])
    const status = (await herd.run('status', '--json')).json<{ findings: { code: string }[] }>()
    expect(status.findings.map(({ code }) => code)).not.toContain('EMBEDDED_BUILD')
  })

  test('is restored in place', async () => {
    await herd.query('app', 'create table kept as select generate_series(1, 100) as id')
    const before = (await herd.query('app', 'select clock_timestamp() as now')).rows[0]?.now as Date
    await herd.query('app', 'drop table kept')
    const run = await herd.run(
      'restore',
      '--to',
      new Date(before.getTime() + 1).toISOString(),
      '--in-place',
      '--name',
      'test',
      '--json',
    )
    expect(run.json(), run.stdout).toMatchObject({ ok: true, timeline: 2 })
    expect((await herd.query('app', 'select count(*)::int as n from kept')).rows).toEqual([{ n: 100 }])
    expect((await herd.run('plan', '--json')).json()).toMatchObject({ steps: [] })
  })
})

test.each([16, 17] as const)('PostgreSQL %i in a directory of one’s own: up and proven', async (version) => {
  await using herd = await Herd.create({
    postgres: `  version: ${version}\n  binaries: { path: ${programsOf(version)} }\n`,
  })
  await upAndProven(herd)
  expect(await herd.admin('show server_version_num')).toMatch(new RegExp(`^${version}`))
  expect((await herd.run('plan', '--json')).json()).toMatchObject({ steps: [] })
})

test.each([
  [
    'a directory with another version',
    `  version: 16\n  binaries: { path: ${programsOf(17)} }\n`,
    'POSTGRES_WRONG_VERSION',
    3,
  ],
  [
    'a directory without PostgreSQL',
    '  version: 16\n  binaries: { path: /usr/lib }\n',
    'POSTGRES_MISSING',
    4,
  ],
  ['a version the system does not have', '  version: 16\n  binaries: system\n', 'POSTGRES_MISSING', 4],
])('%s is refused before anything is made', async (_, postgres, code, exit) => {
  await using herd = await Herd.create({ postgres })
  const run = await herd.run('up', '--yes', '--json')
  expect(run.json()).toMatchObject({ ok: false, diagnostics: [{ code, mend: expect.anything() as unknown }] })
  expect(run.code).toBe(exit)
  expect(existsSync(join(herd.state, 'data'))).toBe(false)
})

test('an embedded version that there is none of is a mistake of the spec', async () => {
  await using herd = await Herd.create({ postgres: '  version: 17\n  binaries: embedded\n' })
  const run = await herd.run('up', '--yes', '--json')
  expect(run.code).toBe(2)
  expect(run.stdout).toContain('postgres.')
})
