import { appendFileSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Herd, eventually } from '@pgherd/testbed/herd.ts'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

interface Plan {
  steps: {
    id: string
    cause: string
    impact: string
    because: string
    adopt?: { kind: string; path: string; to: unknown }
  }[]
  findings: { code: string; detail: string }[]
}

describe('drift', () => {
  let herd: Herd
  const plan = async () => (await herd.run('plan', '--json')).json<Plan>()

  beforeAll(async () => {
    herd = await Herd.create()
    await herd.up()
  })
  afterAll(async () => herd[Symbol.asyncDispose]())

  test('an edited file is shown with what changed, and reverted', async () => {
    const conf = join(herd.state, 'config', 'postgresql.conf')
    const before = readFileSync(conf, 'utf8')
    appendFileSync(conf, '\n# a note\n')
    expect((await plan()).steps).toEqual([])
    appendFileSync(conf, "\nwork_mem = '77MB'\n")
    const { steps } = await plan()
    expect(steps).toContainEqual(
      expect.objectContaining({ id: `file:${conf}`, cause: 'drift', impact: 'reload' }),
    )
    expect(steps.find(({ id }) => id.startsWith('file:'))?.because).toContain('work_mem')
    await herd.up()
    expect(readFileSync(conf, 'utf8')).toBe(before)
    expect((await plan()).steps).toEqual([])
  })

  test('drift is not reverted unasked', async () => {
    await herd.admin("alter system set work_mem = '33MB'")
    await herd.admin('select pg_reload_conf()')
    const run = await herd.run('up', '--no-prove', '--json')
    expect(run.code).toBe(3)
    expect(run.json()).toMatchObject({ ok: false, diagnostics: [{ code: 'CONFIRMATION_NEEDED' }] })
    expect(await herd.admin('show work_mem')).toBe('33MB')
  })

  test('ALTER SYSTEM is shown with its adoption, and reverted', async () => {
    const { steps } = await plan()
    expect(steps).toContainEqual(
      expect.objectContaining({
        id: 'auto-conf:work_mem',
        cause: 'drift',
        adopt: { kind: 'edit', path: 'postgres.settings.work_mem', to: '33MB' },
      }),
    )
    await herd.up()
    expect(
      await eventually('the reset', async () =>
        (await herd.admin('show work_mem')) === '33MB' ? undefined : 'reset',
      ),
    ).toBe('reset')
    expect((await plan()).steps).toEqual([])
  })

  test('ALTER SYSTEM can be adopted into the spec, comments kept', async () => {
    appendFileSync(herd.specFile, '# the end\n')
    await herd.admin("alter system set log_min_duration_statement = '1234ms'")
    await herd.admin('select pg_reload_conf()')
    await herd.up('--adopt')
    const spec = readFileSync(herd.specFile, 'utf8')
    expect(spec).toContain('log_min_duration_statement: 1234ms')
    expect(spec).toContain('# the end')
    expect(await herd.admin('show log_min_duration_statement')).toBe('1234ms')
    expect((await plan()).steps).toEqual([])
  })

  test('a role made stronger by hand is put back', async () => {
    await herd.admin('alter role app superuser')
    const { steps } = await plan()
    expect(steps.map(({ cause }) => cause)).toContain('drift')
    await herd.up()
    expect(await herd.admin("select rolsuper from pg_roles where rolname = 'app'")).toBe('f')
    expect((await plan()).steps).toEqual([])
  })

  test('an undeclared role is reported and never dropped', async () => {
    await herd.admin('create role visitor login')
    const { steps, findings } = await plan()
    expect(steps).toEqual([])
    expect(findings.map(({ detail }) => detail).join()).toContain('visitor')
    await herd.up()
    expect(await herd.admin("select count(*) from pg_roles where rolname = 'visitor'")).toBe('1')
    await herd.admin('drop role visitor')
  })

  test('a password changed by hand is put back, so that the URL works again', async () => {
    await herd.admin("alter role app password 'guess'")
    await expect(herd.query('app', 'select 1')).rejects.toMatchObject({ code: '28P01' })
    await herd.up()
    expect((await herd.query('app', 'select 1 as one')).rows).toEqual([{ one: 1 }])
  })

  test('a saved plan is refused when the world has moved', async () => {
    const file = join(herd.directory, 'saved.plan')
    herd.writeSpec(
      readFileSync(herd.specFile, 'utf8').split('agent:')[1]?.split('\n').slice(1).join('\n') ?? '',
      '  settings: { work_mem: 12MB }\n',
    )
    expect((await herd.run('plan', '--out', file)).code).toBe(0)
    await herd.admin("alter system set work_mem = '44MB'")
    await herd.admin('select pg_reload_conf()')
    const stale = await herd.run('up', '--yes', '--no-prove', '--plan', file, '--json')
    expect(stale.code).toBe(3)
    expect(stale.json()).toMatchObject({ diagnostics: [{ code: 'PLAN_STALE' }] })
    await herd.admin('alter system reset work_mem')
    await herd.admin('select pg_reload_conf()')
    const fresh = await herd.run('up', '--yes', '--no-prove', '--plan', file, '--json')
    expect(fresh.code).toBe(0)
    expect(await herd.admin('show work_mem')).toBe('12MB')
  })

  test('a change that needs a restart says so and restarts', async () => {
    herd.writeSpec(
      readFileSync(herd.specFile, 'utf8').split('agent:')[1]?.split('\n').slice(1).join('\n') ?? '',
      '  connections: 33\n',
    )
    const { steps } = await plan()
    expect(steps.map(({ impact }) => impact)).toContain('restart')
    const before = herd.postmaster()
    await herd.up()
    expect(herd.postmaster()).not.toBe(before)
    expect((await plan()).steps).toEqual([])
  })
})
