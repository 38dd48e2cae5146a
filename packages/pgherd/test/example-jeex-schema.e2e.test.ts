import { randomUUID } from 'node:crypto'
import type { Herd } from '@pgherd/testbed/herd.ts'
import pg from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { inProject } from '../../../examples/jeex/src/in-project.ts'
import { expectReadme, herdOf, printed } from './example.fixture.ts'

let herd: Herd
let pool: pg.Pool
/** Two people with a project each, and a document in each. */
let ann: { user: string; project: string; document: string }
let bob: typeof ann

beforeAll(async () => {
  herd = await herdOf('jeex')
  expect((await herd.run('migrate', 'lint', '--json')).json()).toMatchObject({ findings: [] })
  await migrate('up')
  pool = new pg.Pool({ connectionString: (await herd.url('jeex_user')).url, max: 4 })
  ann = await newProject('Ann', 'en')
  bob = await newProject('Bob', 'de')
})
afterAll(async () => {
  await pool?.end()
  await herd?.[Symbol.asyncDispose]()
})

async function migrate(...argv: string[]): Promise<Record<string, unknown>> {
  const run = await herd.run('migrate', ...argv, '--yes', '--json')
  expect(run.code, run.stdout + run.stderr).toBe(0)
  return run.json()
}

async function one(client: pg.Pool | pg.ClientBase, text: string, values: unknown[] = []): Promise<unknown> {
  const { rows } = await client.query<unknown[]>({ text, values, rowMode: 'array' })
  return rows[0]?.[0]
}

async function newProject(name: string, language: string): Promise<typeof ann> {
  const user = String(
    await one(pool, 'insert into users (email, name) values ($1, $2) returning id', [`${name}@x.de`, name]),
  )
  const project = String(
    await inProject(pool, { user, purpose: 'begin' }, (client) =>
      one(client, 'insert into projects (owner_id, name, language) values ($1, $2, $3) returning id', [
        user,
        name,
        language,
      ]),
    ),
  )
  const document = await inProject(pool, { user, project, purpose: 'write' }, (client) =>
    one(
      client,
      `insert into document_versions (project_id, kind, version, title, content, created_by)
       values ($1, 'vision', 1, $2, 'a garden on the moon', $3) returning id`,
      [project, name, user],
    ),
  )
  return { user, project, document: String(document) }
}

/** As Ann in her project. */
const asAnn = <T>(work: (client: pg.ClientBase) => Promise<T>) =>
  inProject(pool, { user: ann.user, project: ann.project, purpose: 'test' }, work)

/** What the statement is refused with. */
const refused = (text: string, values: unknown[] = []) =>
  asAnn((client) => client.query(text, values)).then(
    () => 'nothing',
    (error: { code?: string }) => error.code,
  )

test('a project is all that is seen in it, whatever is asked for', async () => {
  const titles = 'select array_agg(title) from document_versions'
  expect(await asAnn((client) => one(client, titles))).toEqual(['Ann'])
  expect(await asAnn((client) => one(client, `${titles} where project_id = $1`, [bob.project]))).toBeNull()
  expect(await asAnn((client) => one(client, 'select array_agg(name) from projects'))).toEqual(['Ann'])
  const found = `select count(*)::int from document_versions where search @@ websearch_to_tsquery('simple', 'moon garden')`
  expect(await asAnn((client) => one(client, found))).toBe(1)
  const change = (text: string) =>
    asAnn(async (client) => (await client.query(text, [bob.document])).rowCount)
  expect(await change(`update document_versions set title = 'mine' where id = $1`)).toBe(0)
  expect(await change('delete from document_versions where id = $1')).toBe(0)
})

test('the application role cannot get around that', async () => {
  // outside of a transaction that entered, nothing
  for (const table of ['projects', 'document_versions', 'agent_executions', 'exports', 'audit_log'])
    expect(await one(pool, `select count(*)::int from ${table}`), table).toBe(0)
  await expect(
    inProject(pool, { user: ann.user, project: bob.project, purpose: 'look' }, () => Promise.resolve()),
  ).rejects.toMatchObject({ code: '42501' })
  // not with the key of another transaction, nor with one that is made up
  const entry = await inProject(pool, { user: bob.user, project: bob.project, purpose: 'x' }, (client) =>
    one(client, `select current_setting('jeex.entry')`),
  )
  for (const key of [entry, randomUUID()])
    expect(
      await asAnn(async (client) => {
        await client.query(`select set_config('jeex.entry', $1, true)`, [key])
        return one(client, 'select count(*)::int from document_versions')
      }),
    ).toBe(0)
  const unguarded = asAnn(async (client) => {
    await client.query('set local row_security = off')
    return client.query('select from document_versions')
  })
  await expect(unguarded).rejects.toMatchObject({ code: '42501' })
  expect(await refused('alter table document_versions disable row level security')).toBe('42501')
  expect(await refused('set role jeex_owner')).toBe('42501')
  expect(await refused('delete from pgherd_migrate.history')).toBe('42501')
  expect(await refused('create policy mine on exports using (true)')).toBe('42501')
})

test('nothing is put into another project, or made to refer to it', async () => {
  const run = `insert into agent_executions (project_id, correlation_id, agent, input) values ($1, uuidv7(), 'writer', '{}')`
  expect(await refused(run, [bob.project])).toBe('42501')
  expect(await refused(run, [ann.project])).toBe('nothing')
  expect(await refused('update agent_executions set project_id = $1', [bob.project])).toBe('42501')
  const file = `insert into exports (project_id, document_version_id, format, manifest, expires_at)
    values ($1, $2, 'pdf', '{"files": ["a.pdf"]}', now() + interval '1 day')`
  expect(await refused(file, [ann.project, bob.document])).toBe('23503')
  expect(await refused(file, [ann.project, ann.document])).toBe('nothing')
  // and without a project there is no row
  expect(await refused(run, [null])).toBe('42501')
})

test('what must not change is refused', async () => {
  expect(await refused(`update projects set language = 'fr'`)).toBe('23514')
  expect(await refused(`update projects set language = language, progress = 40`)).toBe('nothing')
  expect(await refused(`update projects set progress = 101`)).toBe('23514')
  expect(await refused('delete from users')).toBe('23001')
  expect(await refused('delete from projects')).toBe('23001')
  // an address is free again once its account is deleted
  const add = (email: string) =>
    pool.query('insert into users (email, name) values ($1, $1)', [email]).then(
      () => 'nothing',
      (error: { code?: string }) => error.code,
    )
  expect(await add('eve@x.de')).toBe('nothing')
  expect(await add('EVE@x.de')).toBe('23505')
  await pool.query(`update users set deleted_at = now() where email = 'eve@x.de'`)
  expect(await add('EVE@x.de')).toBe('nothing')
})

test('the audit log tells who entered and what was changed, and only grows', async () => {
  await asAnn((client) => client.query(`update document_versions set grammar = 88.5, readability = 70`))
  const { rows } = await asAnn((client) =>
    client.query<Record<string, unknown>>(
      `select role, user_id, action, purpose, table_name, row_id, columns from audit_log order by at desc, id desc limit 3`,
    ),
  )
  const who = { role: 'jeex_user', user_id: ann.user }
  const none = { purpose: null, table_name: null, row_id: null, columns: null }
  expect(rows).toEqual([
    { ...who, ...none, action: 'enter', purpose: 'test' },
    {
      ...who,
      ...none,
      action: 'update',
      table_name: 'document_versions',
      row_id: ann.document,
      columns: ['grammar', 'readability'],
    },
    { ...who, ...none, action: 'enter', purpose: 'test' },
  ])
  expect(await refused('update audit_log set purpose = null')).toBe('23001')
  expect(await refused('delete from audit_log')).toBe('23001')
  expect(await refused(`insert into audit_log (action) values ('enter')`)).toBe('42501')
})

const entries = () => asAnn((client) => one(client, 'select count(*)::int from audit_log'))

test('of a transaction that is rolled back the audit log tells nothing, not even what was read', async () => {
  const before = Number(await entries())
  const undone = inProject(
    pool,
    { user: ann.user, project: ann.project, purpose: 'undone' },
    async (client) => {
      expect(await one(client, 'select count(*)::int from document_versions')).toBe(1)
      throw new Error('undone')
    },
  )
  await expect(undone).rejects.toThrow('undone')
  // its own entry alone
  expect(await entries()).toBe(before + 1)
})

test('reports are about all projects and change none, and the audit log does not tell of them', async () => {
  const before = Number(await entries())
  const { rows } = await herd.query('jeex_readonly', 'select count(*)::int as n from document_versions')
  expect(rows).toEqual([{ n: 2 }])
  expect(await entries()).toBe(before + 1)
  await expect(herd.query('jeex_readonly', 'delete from document_versions')).rejects.toMatchObject({
    code: '25006',
  })
})

test('the indexes serve what they are for', async () => {
  const questions = {
    projects_metadata: `projects where metadata @> '{"tier": "gold"}'`,
    document_versions_search: `document_versions where search @@ to_tsquery('simple', 'moon')`,
    agent_executions_correlation: 'agent_executions where correlation_id = uuidv7()',
    agent_executions_running: `agent_executions where status = 'running' order by started_at`,
  }
  const explained = Object.values(questions).map((from) => `explain (costs off) select from ${from}`)
  const plans = await herd.admin(['set enable_seqscan = off', ...explained].join('; '), 'jeex_idea')
  for (const index of Object.keys(questions)) expect(plans).toContain(index)
})

test('the program prints what README.md says, and its code is the file', async () => {
  expectReadme('jeex', {
    files: ['src/in-project.ts'],
    outputs: [await printed(herd, 'jeex_user', 'jeex', 'src/main.ts')],
  })
})

test('all of it can be taken back and made again, and pgherd finds nothing undeclared', async () => {
  expect((await herd.run('plan', '--json')).json()).toMatchObject({ steps: [] })
  expect((await migrate('down', '--to', '0'))['undone']).toHaveLength(7)
  expect(
    await herd.admin(
      `select count(*) from pg_class where relnamespace = 'public'::regnamespace and relowner = 'jeex_owner'::regrole`,
      'jeex_idea',
    ),
  ).toBe('0')
  expect((await migrate('up'))['applied']).toHaveLength(7)
  await migrate('verify')
})
