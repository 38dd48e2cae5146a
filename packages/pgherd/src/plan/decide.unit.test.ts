import { describe, expect, test } from 'vitest'
import { carriedOut } from './carried-out.testkit.ts'
import { decide, decideOrRefuse, digestOfObserved } from './decide.ts'
import type { Observed } from './observed.ts'
import type { Step } from './plan.ts'
import { machineOf, settled, shopSpec, shopState, untouched, wantedOf } from './settled.testkit.ts'
import type { Wanted } from './wanted.ts'

const wanted = wantedOf()
const steps = (observed: Observed, of: Wanted = wanted): readonly Step[] => decideOrRefuse(of, observed).steps
const shortly = ({ id, cause, impact }: Step) => [id, cause, impact]

describe('a first plan', () => {
  const first = steps(untouched)

  test('runs in the order in which one thing needs the other', () => {
    const kinds = first.map(({ action }) => action.do)
    expect([...new Set(kinds)]).toEqual([
      'make-directory',
      'provide-secret',
      'issue-certificate',
      'initialize-data-directory',
      'write-file',
      'start-unit',
      'run-sql',
    ])
    const at = (id: string) => first.findIndex((step) => step.id === id)
    expect(at('unit:postgres')).toBeLessThan(at('object:role/shop'))
    expect(at('object:role/shop')).toBeLessThan(at('object:database/shop'))
    // the agent needs its role, and begins while the databases are made
    expect(at('object:role/pgherd_monitor')).toBeLessThan(at('unit:agent'))
    expect(at('unit:agent')).toBeLessThan(at('object:database/shop'))
    expect(new Set(first.map(({ impact }) => impact))).toEqual(new Set(['nothing']))
    // initdb made template1 and postgres: what PUBLIC may do there is changed, everything else is new
    const changed = first.filter(({ cause }) => cause !== 'create')
    expect(changed.map(({ id }) => id.split('/').slice(0, 2).join('/'))).toEqual([
      'object:database/template1',
      'object:database/postgres',
      'object:database/postgres',
    ])
  })

  test('names every step once, each after the one before it', () => {
    const ids = first.map(({ id }) => id)
    expect(new Set(ids).size).toBe(ids.length)
    expect(first.map(({ after }) => after)).toEqual([[], ...ids.slice(0, -1).map((id) => [id])])
    expect(first.every(({ member }) => member === 'pg1')).toBe(true)
  })

  test('comes to a state without steps once it is carried out', () => {
    expect(steps(carriedOut(decideOrRefuse(wanted, untouched), untouched, wanted))).toEqual([])
  })

  test('holds gaps and references, never a value', () => {
    const password = first.find(({ id }) => id === 'object:role/shop')
    expect(JSON.stringify(password)).toContain('{{scram:role-shop}}')
    expect(first.find(({ id }) => id === 'secret:role-shop')?.action).toEqual({
      do: 'provide-secret',
      id: 'role-shop',
      reference: { generated: true },
      as: 'password',
    })
  })
})

test('what is as declared needs no step and has no finding', () => {
  const { plan } = decide(wanted, settled(wanted)) as { plan: ReturnType<typeof decideOrRefuse> }
  expect(plan).toMatchObject({ steps: [], findings: [], partial: false })
})

test('a stopped server is started, and what it holds compared in the next round', () => {
  const stopped: Observed = { ...settled(wanted), units: [], server: { state: 'stopped' } }
  const plan = decideOrRefuse(wanted, stopped)
  expect(plan.steps.map(shortly)).toEqual([
    ['unit:postgres', 'repair', 'nothing'],
    ['unit:agent', 'repair', 'nothing'],
  ])
  expect(plan.partial).toBe(true)
})

test('a unit the spec asks for no more is stopped, one that is nobody’s is left alone', () => {
  const fine = settled(wanted)
  const unit = (name: string, state: 'running' | 'stopped') => ({ name, state, supervised: true })
  const extra = [unit('drills', 'running'), unit('redis', 'running'), unit('something', 'running')]
  const found = { ...fine, units: [...fine.units, ...extra] }
  expect(steps(found).map((step) => [step.title, step.impact])).toEqual([
    ['stop drills', 'nothing'],
    ['stop redis', 'restart'],
  ])
  expect(steps(carriedOut(decideOrRefuse(wanted, found), found, wanted))).toEqual([])
  expect(steps({ ...fine, units: [...fine.units, unit('drills', 'stopped')] })).toEqual([])
})

describe('drift is shown as what it is', () => {
  const conf = `${shopState}/config/postgresql.conf`
  const hba = `${shopState}/config/pg_hba.conf`
  const fine = settled(wanted)
  const contents = fine.files[conf]?.contents ?? ''
  const edited = (text: string): Observed => ({
    ...fine,
    files: { ...fine.files, [conf]: { digest: 'edited', mode: 0o600, contents: text } },
  })

  test('an edited postgresql.conf: reverted by a reload, adoptable with what the spec says already', () => {
    const declared = wantedOf(`${shopSpec}postgres: { settings: { random_page_cost: 1.5 } }\n`)
    const before = settled(declared)
    const text = `${before.files[conf]?.contents ?? ''}\nwork_mem = '77MB'\nnonsense without a meaning\n`
    const found = {
      ...before,
      files: { ...before.files, [conf]: { digest: 'edited', mode: 0o600, contents: text } },
    }
    const [file, unit, ...rest] = steps(found, declared)
    expect(file).toMatchObject({
      id: `file:${conf}`,
      cause: 'drift',
      impact: 'reload',
      adopt: { kind: 'edit', path: 'postgres.settings', to: { random_page_cost: '1.5', work_mem: '77MB' } },
    })
    expect(file?.because).toMatch(/^it was edited by hand: work_mem .* -> /)
    expect(unit).toMatchObject({
      id: 'unit:postgres',
      title: 'reload postgres',
      impact: 'reload',
      cause: 'change',
    })
    expect(rest).toEqual([])
  })

  test('a setting of the spec taken out of the file can be adopted; one that was tuned can not', () => {
    const declared = wantedOf(`${shopSpec}postgres: { settings: { random_page_cost: 1.5, jit: false } }\n`)
    const text = contents.replace(/^random_page_cost.*\n/m, '')
    const without = (lines: string): Observed => ({
      ...settled(declared),
      files: { ...settled(declared).files, [conf]: { digest: 'edited', mode: 0o600, contents: lines } },
    })
    expect(steps(without(`${text}\njit = off\n`), declared)[0]?.adopt).toEqual({
      kind: 'edit',
      path: 'postgres.settings',
      to: { jit: 'off' },
    })
    expect(steps(edited(contents.replace(/^shared_buffers.*\n/m, '')))[0]).not.toHaveProperty('adopt')
  })

  test('an edited setting that only a restart brings back says so', () => {
    expect(steps(edited(`${contents}\nmax_connections = 7\n`)).map(shortly)).toEqual([
      [`file:${conf}`, 'drift', 'restart'],
      ['unit:postgres', 'change', 'restart'],
    ])
  })

  test('a value that may be a password is in no plan', () => {
    const hidden = 'host=a password=hunter2'
    const found = edited(`${contents}\nprimary_conninfo = '${hidden}'\n`)
    const plan = steps({
      ...found,
      server: { ...fine.server, autoConf: { primary_conninfo: hidden, 'app.jwt_secret': 'hunter2' } },
    })
    expect(plan.map(({ because, title }) => because + title).join()).toContain('primary_conninfo')
    const shown = plan.map(({ title, because, adopt }) => ({ title, because, adopt }))
    expect(JSON.stringify(shown)).not.toContain('hunter2')
  })

  test('ALTER SYSTEM: taken back by a reload, adoptable, whatever the order in the file', () => {
    const found = (autoConf: Record<string, string>): Observed => ({
      ...fine,
      server: { ...fine.server, autoConf },
    })
    const plan = steps(found({ work_mem: '33MB', 'pgherd.slow': 'on' }))
    expect(plan.map(shortly)).toEqual([
      ['auto-conf:pgherd.slow', 'drift', 'reload'],
      ['auto-conf:work_mem', 'drift', 'reload'],
    ])
    expect(plan.map(({ adopt }) => adopt)).toEqual([
      { kind: 'edit', path: 'postgres.settings."pgherd.slow"', to: 'on' },
      { kind: 'edit', path: 'postgres.settings.work_mem', to: '33MB' },
    ])
    expect(steps(found({ 'pgherd.slow': 'on', work_mem: '33MB' }))).toEqual(plan)
  })

  test('ALTER SYSTEM of what the server was started with: the restart is announced, not found out later', () => {
    const server = { ...fine.server, autoConf: { max_connections: '7' }, overriding: ['max_connections'] }
    expect(steps({ ...fine, server }).map(shortly)).toEqual([
      ['auto-conf:max_connections', 'drift', 'restart'],
      ['unit:postgres', 'change', 'restart'],
    ])
  })

  test.each([[[]], [['max_connections']]])(
    'ALTER SYSTEM of what only counts after a restart, before that restart (waiting: %j): a reload',
    (pendingRestart: string[]) => {
      const waiting = { ...fine.server, autoConf: { max_connections: '7' }, pendingRestart }
      expect(steps({ ...fine, server: waiting }).map(shortly)).toEqual([
        ['auto-conf:max_connections', 'drift', 'reload'],
      ])
    },
  )

  test('another mode of a file or a directory is put back without a reload', () => {
    const files = {
      ...fine.files,
      [hba]: { ...fine.files[hba], digest: fine.files[hba]?.digest ?? '', mode: 0o644 },
    }
    const directories = { ...fine.directories, [`${shopState}/config`]: 0o755 }
    const plan = steps({ ...fine, files, directories })
    expect(plan.map(shortly)).toEqual([
      [`directory:${shopState}/config`, 'drift', 'nothing'],
      [`file:${hba}`, 'drift', 'nothing'],
    ])
    expect(plan.map(({ because }) => because)).toEqual([
      'its mode is 755, wanted is 700',
      'its mode is 644, wanted is 600',
    ])
  })

  test('a role made stronger by hand', () => {
    const { objects } = fine.server
    const roles = objects.roles.map((role) =>
      role.name === 'shop' ? { ...role, attributes: { ...role.attributes, superuser: true } } : role,
    )
    expect(
      steps({ ...fine, server: { ...fine.server, objects: { ...objects, roles } } }).map(shortly),
    ).toEqual([['object:role/shop/superuser', 'drift', 'nothing']])
  })

  test('an undeclared role is a finding, not a step', () => {
    const { objects } = fine.server
    const visitor = { ...objects.roles[0], name: 'visitor' } as (typeof objects.roles)[number]
    const server = { ...fine.server, objects: { ...objects, roles: [...objects.roles, visitor] } }
    const plan = decideOrRefuse(wanted, { ...fine, server })
    expect(plan.steps).toEqual([])
    expect(plan.findings.map(({ code }) => code)).toEqual(['DRIFT_UNDECLARED_ROLE'])
  })
})

describe('a change of the spec', () => {
  const fine = settled(wanted)
  const conf = `file:${shopState}/config/postgresql.conf`

  test('of a setting: reload, and the agent starts anew with the new spec without anybody noticing', () => {
    const changed = wantedOf(`${shopSpec}postgres: { settings: { work_mem: 9MB } }\n`)
    expect(steps(fine, changed).map(shortly)).toEqual([
      [conf, 'change', 'reload'],
      [`file:${shopState}/config/agent.json`, 'change', 'nothing'],
      ['unit:postgres', 'change', 'reload'],
      ['unit:agent', 'change', 'nothing'],
    ])
  })

  test('of what a server is started with: restart', () => {
    const plan = steps(fine, wantedOf(`${shopSpec}postgres: { connections: 90 }\n`))
    expect(plan.find(({ id }) => id === 'unit:postgres')).toMatchObject({
      title: 'restart postgres',
      impact: 'restart',
      cause: 'change',
    })
    expect(plan.find(({ id }) => id === conf)).toMatchObject({ impact: 'restart', cause: 'change' })
    expect(plan.find(({ id }) => id === conf)?.because).toMatch(
      /^the spec or the machine changed: .*max_connections \d+ -> \d+/,
    )
  })

  test('of the machine: the same', () => {
    const larger = wantedOf(shopSpec, machineOf({ memoryBytes: 32 * 2 ** 30 }))
    expect(steps(fine, larger).find(({ id }) => id === conf)).toMatchObject({
      cause: 'change',
      impact: 'restart',
    })
  })

  test('a new role is made with its secret, which was never there', () => {
    const more = wantedOf(shopSpec.replace('  reader:', '  newcomer: { access: readwrite }\n  reader:'))
    const plan = steps({ ...fine, secrets: fine.secrets.filter((id) => id !== 'role-newcomer') }, more)
    expect(plan.find(({ id }) => id === 'secret:role-newcomer')).toMatchObject({
      cause: 'create',
      because: 'it does not exist',
    })
    expect(plan.find(({ id }) => id === 'object:role/newcomer')).toMatchObject({
      cause: 'create',
      impact: 'nothing',
    })
  })
})

describe('repairs', () => {
  const fine = settled(wanted)
  const unit = (name: string, change: Partial<Observed['units'][number]>): Observed => ({
    ...fine,
    units: fine.units.map((each) => (each.name === name ? { ...each, ...change } : each)),
  })

  test('a vanished file is written again', () => {
    const { [`${shopState}/config/pg_hba.conf`]: _gone, ...files } = fine.files
    const [file, reload] = steps({ ...fine, files })
    expect(file).toMatchObject({ cause: 'repair', because: 'it was removed by hand', impact: 'reload' })
    expect(reload).toMatchObject({ title: 'reload postgres' })
  })

  test('a lost secret is made again; one fetched from elsewhere may have another value now', () => {
    expect(steps({ ...fine, secrets: fine.secrets.filter((id) => id !== 'role-shop') })[0]).toMatchObject({
      title: 'generate secret role-shop',
      cause: 'repair',
      because: 'its file is gone',
    })
    const fetched = wantedOf(
      shopSpec.replace('access: readonly', 'access: readonly, password: { env: READER }'),
    )
    expect(
      steps({ ...settled(fetched), secrets: fine.secrets.filter((id) => id !== 'role-reader') }, fetched)[0],
    ).toMatchObject({
      title: 'fetch secret role-reader',
      because: 'it is gone, or where it comes from has another value now',
    })
  })

  test('a certificate near its end is renewed by a reload', () => {
    const plan = steps({ ...fine, certificate: { state: 'renew', why: 'it ends in 3 days' } })
    expect(plan.map(shortly)).toEqual([
      ['certificate:server', 'repair', 'reload'],
      ['unit:postgres', 'change', 'reload'],
    ])
    expect(plan[0]).toMatchObject({ title: 'renew the server certificate', because: 'it ends in 3 days' })
  })

  test('a failed unit is started again, which nobody notices', () => {
    const plan = steps({ ...unit('postgres', { state: 'failed' }), server: { state: 'stopped' } })
    expect(plan.map(shortly)).toEqual([['unit:postgres', 'repair', 'nothing']])
    expect(steps(unit('agent', { state: 'backing-off' }))[0]).toMatchObject({
      title: 'restart agent',
      because: 'it is backing-off',
    })
  })

  test('a unit without a supervisor gets one back, without a restart', () => {
    expect(steps(unit('postgres', { supervised: false }))[0]).toMatchObject({
      title: 'start postgres',
      cause: 'repair',
      impact: 'nothing',
    })
  })

  test('another definition: restart', () => {
    expect(steps(unit('postgres', { definition: 'of before' })).map(shortly)).toEqual([
      ['unit:postgres', 'change', 'restart'],
    ])
  })

  test('a setting that waits for a restart gets it', () => {
    const [step] = steps({ ...fine, server: { ...fine.server, pendingRestart: ['shared_buffers'] } })
    expect(step).toMatchObject({ impact: 'restart', because: 'shared_buffers wait for a restart' })
  })

  test('what an interrupted run owed is done, though every file is as wanted', () => {
    expect(
      steps({ ...fine, owed: { postgres: 'reload', agent: 'restart' } }).map((step) => [
        step.title,
        ...shortly(step),
      ]),
    ).toEqual([
      ['reload postgres', 'unit:postgres', 'repair', 'reload'],
      ['restart agent', 'unit:agent', 'repair', 'nothing'],
    ])
    expect(steps({ ...fine, owed: { postgres: 'restart' } }).map(shortly)).toEqual([
      ['unit:postgres', 'repair', 'restart'],
    ])
  })

  test('a server that runs and is silent is told about; nothing is restarted over it', () => {
    const plan = decideOrRefuse(wanted, {
      ...fine,
      server: { state: 'unreachable', why: 'no answer within 5 s' },
    })
    expect(plan).toMatchObject({ steps: [], partial: true, findings: [{ code: 'POSTGRES_UNREACHABLE' }] })
  })
})

test('the digest of an observation is the same whatever order things were found in, and another for another find', () => {
  const fine = settled(wanted)
  const reversed = turned(fine)
  expect(JSON.stringify(reversed)).not.toBe(JSON.stringify(fine))
  expect(digestOfObserved(reversed)).toBe(digestOfObserved(fine))
  const others: Observed[] = [
    { ...fine, secrets: fine.secrets.slice(1) },
    { ...fine, owed: { postgres: 'reload' } },
    { ...fine, server: { ...fine.server, autoConf: { work_mem: '1MB' } } },
    { ...fine, units: fine.units.map((unit) => ({ ...unit, supervised: false })) },
    untouched,
  ]
  expect(new Set([fine, ...others].map(digestOfObserved)).size).toBe(others.length + 1)
})

/** The same with every list and every object the other way round. */
function turned<T>(value: T): T {
  if (Array.isArray(value)) return value.map(turned).reverse() as T
  if (value === null || typeof value !== 'object') return value
  return Object.fromEntries(
    Object.entries(value)
      .map(([key, inner]) => [key, turned(inner)])
      .reverse(),
  ) as T
}
