import { chmodSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { Herd, eventually } from '@pgherd/testbed/herd.ts'
import { ThrowawayServer } from '@pgherd/testbed/throwaway-server.ts'
import { cpSync } from 'node:fs'
import { describe, expect, test } from 'vitest'

interface Refusal {
  ok: boolean
  diagnostics: { code: string; detail: string; mend: unknown }[]
}

async function refusal(herd: Herd): Promise<Refusal['diagnostics'][number] & { exit: number }> {
  const run = await herd.run('up', '--yes', '--no-prove', '--json')
  const [first] = run.json<Refusal>().diagnostics
  if (!first) throw new Error(run.stdout)
  return { ...first, exit: run.code }
}

const healthOf = async (herd: Herd) => {
  const begun = performance.now()
  const response = await fetch(`http://127.0.0.1:${herd.ports.agent}/health`, {
    signal: AbortSignal.timeout(5000),
  })
  const body = (await response.json()) as { status: string }
  return { status: response.status, body, milliseconds: performance.now() - begun }
}

describe('before anything is started', () => {
  test('a taken port is named before the first change', async () => {
    await using herd = await Herd.create()
    const squatter = createServer().listen(herd.ports.postgres, '127.0.0.1')
    try {
      expect(await refusal(herd)).toMatchObject({ code: 'PORT_TAKEN', exit: 3 })
    } finally {
      squatter.close()
    }
    await herd.up()
  })

  test('a data directory of another version or another database is refused and left alone', async () => {
    await using herd = await Herd.create()
    await using other = await ThrowawayServer.start({ major: 15 })
    await other.halt()
    mkdirSync(join(herd.state), { recursive: true })
    cpSync(other.data, join(herd.state, 'data'), { recursive: true })
    expect(await refusal(herd)).toMatchObject({ code: 'DATA_DIRECTORY_OTHER_MAJOR', exit: 3 })
    rmSync(join(herd.state, 'data'), { recursive: true })

    mkdirSync(join(herd.state, 'data'))
    writeFileSync(join(herd.state, 'data', 'holiday.jpg'), 'x')
    expect(await refusal(herd)).toMatchObject({ code: 'DATA_DIRECTORY_NOT_EMPTY', exit: 3 })
    rmSync(join(herd.state, 'data'), { recursive: true })

    await herd.up()
    await herd.run('down', '--yes')
    await using stranger = await ThrowawayServer.start({ major: 18 })
    await stranger.halt()
    rmSync(join(herd.state, 'data'), { recursive: true })
    expect(await refusal(herd)).toMatchObject({ code: 'DATA_DIRECTORY_MISSING', exit: 3 })
    cpSync(stranger.data, join(herd.state, 'data'), { recursive: true })
    expect(await refusal(herd)).toMatchObject({ code: 'DATA_DIRECTORY_FOREIGN', exit: 3 })
  })

  test('every mistake of a spec is told at once, and no stack trace', async () => {
    await using herd = await Herd.create({
      spec: 'databases: { app: { owner: nobody_declared, extnsions: [] } }\nroles: { r: { access: king } }\n',
    })
    const run = await herd.run('up', '--yes')
    expect(run.code).toBe(2)
    for (const word of ['extnsions', 'king', 'nobody_declared']) expect(run.stdout).toContain(word)
    expect(run.stdout + run.stderr).not.toMatch(/\n\s+at .*\.ts/)
  })
})

describe('while it runs', () => {
  test('a frozen PostgreSQL is unhealthy within seconds, and /health answers at once all the while', async () => {
    await using herd = await Herd.create()
    await herd.up()
    const pid = herd.postmaster() ?? 0
    await eventually('health', async () => ((await healthOf(herd)).status === 200 ? true : undefined))
    process.kill(pid, 'SIGSTOP')
    try {
      // the postmaster alone: sessions go on, so freeze its children, too
      const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ').map(Number)
      for (const child of children) process.kill(child, 'SIGSTOP')
      const answers: number[] = []
      await eventually('unhealthy', async () => {
        const { status, milliseconds } = await healthOf(herd)
        answers.push(milliseconds)
        return status === 503 ? true : undefined
      })
      expect(answers.sort((a, b) => a - b)[Math.floor(answers.length / 2)]).toBeLessThan(100)
      for (const child of children) process.kill(child, 'SIGCONT')
    } finally {
      process.kill(pid, 'SIGCONT')
    }
    await eventually('healthy again', async () => ((await healthOf(herd)).status === 200 ? true : undefined))
  })

  test('kill -9 of postmaster, agent and supervisor: each comes back, never a second postmaster', async () => {
    await using herd = await Herd.create()
    await herd.up()
    await herd.query('app', 'create table kept (id int)')
    await herd.query('app', 'insert into kept values (1)')

    const first = herd.postmaster() ?? 0
    process.kill(first, 'SIGKILL')
    await eventually('a new postmaster', async () => {
      const { rows } = await herd.query('app', 'select count(*)::int as n from kept')
      return rows[0]?.n === 1 && herd.postmaster() !== first ? true : undefined
    })

    const find = (word: string) => herd.processes().filter(({ command }) => command.includes(word))
    const agent = find('agent.json')[0]?.pid ?? 0
    process.kill(agent, 'SIGKILL')
    await eventually('a new agent', async () =>
      (await healthOf(herd)).status === 200 && find('agent.json')[0]?.pid !== agent ? true : undefined,
    )

    const supervisor = find('supervisor')[0]?.pid ?? 0
    const postmaster = herd.postmaster()
    process.kill(supervisor, 'SIGKILL')
    expect((await herd.query('app', 'select 1 as one')).rows).toEqual([{ one: 1 }])
    await herd.up()
    expect(herd.postmaster()).toBe(postmaster)
    expect(find('supervisor')).toHaveLength(1)
    expect(find('supervisor')[0]?.pid).not.toBe(supervisor)

    // after the death of the supervisor the new one still restarts what it adopted
    process.kill(postmaster ?? 0, 'SIGKILL')
    await eventually('the adopted postmaster restarted', async () => {
      const { rows } = await herd.query('app', 'select count(*)::int as n from kept')
      return rows[0]?.n === 1 ? true : undefined
    })
  })

  test('everything killed at once, as by a reboot: the next up brings it back', async () => {
    await using herd = await Herd.create()
    await herd.up()
    await herd.query('app', 'create table kept (id int)')
    for (const { pid } of herd.processes()) process.kill(pid, 'SIGKILL')
    await eventually('all gone', () => (herd.processes().length === 0 ? true : undefined))
    await herd.up()
    expect((await herd.query('app', 'select count(*)::int as n from kept')).rows).toEqual([{ n: 0 }])
  })

  test('two ups at once: one works, the other says who is at it', async () => {
    await using herd = await Herd.create()
    const runs = await Promise.all([
      herd.run('up', '--yes', '--no-prove', '--json'),
      herd.run('up', '--yes', '--no-prove', '--json'),
    ])
    const codes = runs.map(({ code }) => code).sort()
    expect(codes).toEqual([0, 3])
    expect(runs.find(({ code }) => code === 3)?.json()).toMatchObject({ diagnostics: [{ code: 'LOCKED' }] })
  })

  test('a spec deleted while running: the database goes on, and status and down still work', async () => {
    await using herd = await Herd.create()
    await herd.up()
    const spec = readFileSync(herd.specFile, 'utf8')
    rmSync(herd.specFile)
    expect((await healthOf(herd)).status).toBe(200)
    expect((await herd.run('status', '--json')).json()).toMatchObject({
      name: 'test',
      members: [{ state: 'up' }],
    })
    expect((await herd.run('up', '--yes', '--json')).json()).toMatchObject({
      diagnostics: [{ code: 'SPEC_UNREADABLE' }],
    })
    expect((await herd.run('down', '--yes')).code).toBe(0)
    expect(herd.processes()).toEqual([])
    writeFileSync(herd.specFile, spec)
    await herd.up()
  })

  test('a deleted password file is made anew and set', async () => {
    await using herd = await Herd.create()
    await herd.up()
    const { url } = await herd.url('app')
    rmSync(join(herd.state, 'secrets', 'role-app'))
    await herd.up()
    expect((await herd.url('app')).url).not.toBe(url)
    expect((await herd.query('app', 'select 1 as one')).rows).toEqual([{ one: 1 }])
  })

  test('a damaged certificate is replaced by a reload, without a restart', async () => {
    await using herd = await Herd.create()
    await herd.up()
    const postmaster = herd.postmaster()
    writeFileSync(join(herd.state, 'tls', 'server.crt'), 'not a certificate')
    await herd.up()
    expect(herd.postmaster()).toBe(postmaster)
    expect((await herd.query('app', 'select 1 as one')).rows).toEqual([{ one: 1 }])
    chmodSync(join(herd.state, 'tls', 'server.key'), 0o644)
    await herd.up()
    expect((await herd.run('plan', '--json')).json<{ steps: unknown[] }>().steps).toEqual([])
  })
})

describe('kill -9 in the middle', () => {
  // what must be there when the process is killed: each is a different step of the first up
  test.each([
    'secrets/agent-token',
    'tls/ca.crt',
    'data.initialising',
    'data',
    'config/postgresql.conf',
    'data/postmaster.pid',
    'config/agent.json',
    'units/agent.json',
  ])('of up, once %s is there: the next up finishes', async (artifact) => {
    await using herd = await Herd.create()
    const up = herd.start('up', '--yes', '--no-prove')
    const path = join(herd.state, artifact)
    const look = setInterval(() => {
      try {
        readFileSync(path)
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === 'ENOENT') return
      }
      process.kill(up.pid, 'SIGKILL')
      clearInterval(look)
    }, 1)
    await up.done
    clearInterval(look)
    await herd.up()
    expect((await herd.query('app', 'select 1 as one')).rows).toEqual([{ one: 1 }])
    expect((await herd.run('plan', '--json')).json<{ steps: unknown[] }>().steps).toEqual([])
  })
})

test('hostile names and values are data: quotes, unicode, injections', async () => {
  const names = ['O"Brien\'s', 'データベース', "x'; drop table y; --", 'a$$b', 'all', 'with space']
  const roles = names.map((name) => `  ${JSON.stringify(name)}: { access: owner }`).join('\n')
  const databases = names
    .map(
      (name) =>
        `  ${JSON.stringify(`db ${name}`)}: { owner: ${JSON.stringify(name)}, schemas: [${JSON.stringify(name)}] }`,
    )
    .join('\n')
  const hostile = `'; drop role "all"; -- \\ $$ %$(touch x) ü`
  const text = JSON.stringify(hostile)
  const values = `
  plain: { access: owner, settings: { application_name: ${text}, search_path: ${JSON.stringify(`"${names[0]?.replaceAll('"', '""') ?? ''}", public`)} } }
databases:
${databases}
  plain: { owner: plain, settings: { app.note: ${text} } }
backups:
  proof: { checks: [{ name: ${text}, database: plain, sql: ${JSON.stringify(`select '${hostile.replaceAll("'", "''")}'; `)}, expect: ${text} }] }
`
  await using herd = await Herd.create({
    spec: `roles:\n${roles}${values}`,
    postgres: `  settings: { app.remark: ${text} }\n`,
  })
  const up = await herd.run('up', '--yes', '--json')
  expect(up.code, up.stdout + up.stderr).toBe(0)
  expect((await herd.run('plan', '--json')).json<{ steps: unknown[] }>().steps).toEqual([])
  const verified = await herd.run('verify', '--json')
  const { promises } = verified.json<{ promises: { ok: boolean }[] }>()
  expect(promises.filter(({ ok }) => !ok)).toEqual([])
  const { rows } = await herd.query(
    'plain',
    "select current_setting('application_name') as name, current_setting('app.note') as note, current_schema() as schema",
  )
  // application_name is cut down to ASCII by the server
  expect(rows).toEqual([{ name: hostile.replace('ü', '\\xc3\\xbc'), note: hostile, schema: 'public' }])
  expect(await herd.admin('show app.remark')).toBe(hostile)
  for (const name of names) {
    const client = await herd.connect(name, `db ${name}`)
    expect((await client.query('select current_user as me, current_database() as here')).rows).toEqual([
      { me: name, here: `db ${name}` },
    ])
    await client.end()
  }
})

test.each([
  ['a name longer than PostgreSQL keeps', `roles: { ${'x'.repeat(64)}: { access: owner } }\ndatabases: {}\n`],
  [
    'an extension that is a statement',
    `databases: { app: { owner: app, extensions: ["x; drop table y"] } }\nroles: { app: { access: owner } }\n`,
  ],
  [
    'a file above the disk',
    'tls: { certificate: { cert: "/\\u0000", key: "../../etc/shadow", ca: "$(id)" } }\n',
  ],
  [
    'a line break in a setting',
    'roles: { app: { access: owner, settings: { application_name: "a\\nhost all all all trust" } } }\n',
  ],
  ['a range that is a rule', 'network: { access: [{ from: ["0.0.0.0/0 trust"] }] }\n'],
  ['a schedule that is a command', 'backups: { schedule: "* * * * * rm -rf /" }\n'],
])('%s is refused with its place and a mend, and makes nothing', async (_, spec) => {
  await using herd = await Herd.create({ spec })
  const run = await herd.run('up', '--yes', '--no-prove', '--json')
  const { diagnostics } = run.json<{ diagnostics: { mend: unknown; at: { path?: string } }[] }>()
  expect(run.code, run.stdout).toBeGreaterThan(1)
  expect(diagnostics.length).toBeGreaterThan(0)
  for (const each of diagnostics)
    expect(each).toMatchObject({
      mend: expect.anything() as unknown,
      at: { path: expect.any(String) as unknown },
    })
  expect(run.stdout + run.stderr).not.toMatch(/node_modules|\.ts:\d|\n\s+at /)
  expect(existsSync(join(herd.state, 'data'))).toBe(false)
})
