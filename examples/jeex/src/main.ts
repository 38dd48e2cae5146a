import pg from 'pg'
import { inProject } from './in-project.ts'

const pool = new pg.Pool({ connectionString: process.env['DATABASE_URL'] })

/** The first column of the first row. */
async function one<T>(client: pg.Pool | pg.ClientBase, text: string, values: unknown[] = []): Promise<T> {
  const { rows } = await client.query<unknown[]>({ text, values, rowMode: 'array' })
  return rows[0]?.[0] as T
}

// two people with a project each
async function begin(name: string, language: string): Promise<{ user: string; project: string }> {
  const newUser = 'insert into users (email, name) values ($1, $2) returning id'
  const user = await one<string>(pool, newUser, [`${name}-${Date.now()}@example.com`, name])
  const newProject = 'insert into projects (owner_id, name, language) values ($1, $2, $3) returning id'
  const project = await inProject(pool, { user, purpose: 'begin a project' }, (client) =>
    one<string>(client, newProject, [user, `idea of ${name}`, language]),
  )
  return { user, project }
}
const ann = await begin('Ann', 'en')
const bob = await begin('Bob', 'de')

// each writes a document into the own project
for (const [{ user, project }, title] of [
  [ann, 'Garden'],
  [bob, 'Garten'],
] as const)
  await inProject(pool, { user, project, purpose: 'write' }, (client) =>
    client.query(
      `insert into document_versions (project_id, kind, version, title, content, readability, created_by)
       values ($1, 'vision', 1, $2, $3, 71.5, $4)`,
      [project, title, `all about the ${title}`, user],
    ),
  )

// no `where project_id = ...` anywhere below
const titles = `select array_agg(title || ' ' || readability) from document_versions`
const search = `select count(*)::int from document_versions where search @@ websearch_to_tsquery('simple', $1)`
await inProject(pool, { ...ann, purpose: 'read' }, async (client) => {
  console.log('Ann sees', await one(client, titles))
  console.log('Ann finds', await one(client, search, ['garten']), 'of the garten')
})
console.log('without a project', await one(pool, titles))

const said = (error: Error) => console.log(error.message)
await inProject(pool, { user: ann.user, project: bob.project, purpose: 'look' }, () =>
  Promise.resolve(),
).catch(said)
await inProject(pool, { ...ann, purpose: 'smuggle' }, (client) =>
  client.query(
    `insert into agent_executions (project_id, correlation_id, agent, input) values ($1, uuidv7(), 'writer', '{}')`,
    [bob.project],
  ),
).catch(said)
await inProject(pool, { ...ann, purpose: 'translate' }, (client) =>
  client.query(`update projects set language = 'fr' where id = $1`, [ann.project]),
).catch(said)

const told = `select array_agg(concat_ws(' ', action, table_name, purpose) order by at, id) from audit_log`
console.log(await inProject(pool, { ...ann, purpose: 'audit' }, (client) => one(client, told)))

await pool.end()
