import type { ClientBase, Pool } from 'pg'
import { Database } from '../database/database.ts'
import { column, type Query, type Row } from '../database/query.ts'
import { checkSchemaName, defaultSchema } from '../schema/schema-name.ts'
import { LineSeal } from './sealed-lines.ts'
import { exportFormat } from './read-export.ts'
import { keyBeforeAll, keyOf, pageQuery, sections, type Section } from './section.ts'

export interface ExportOptions {
  /** As given to `install`; `eventstore` when left out. */
  readonly schema?: string
  /** Whether snapshots come with the events; false when left out: they can be computed again. */
  readonly snapshots?: boolean
}

/** After the snapshot of the transaction was taken, so that it is at least the greatest position in it. */
const lastPosition: Query = {
  name: 'export-last-position',
  text: (es) =>
    `select (select count(*) from (select from ${es}.stream limit 1) s), q.last_value from ${es}.event_position q`,
}

const maxRows = 1000
const maxBytes = 4 * 1024 * 1024

/**
 * Writes all streams and events, as one moment has them, as lines of text: for a file, a pipe, an upload. Memory stays
 * within some pages of 4 MB or one event. One connection is in use until it ends or is returned from early. Works on a
 * standby too. Personal data stays sealed, and keys do not come with it.
 */
export async function* exportEvents(
  pool: Pool | ClientBase,
  { schema = defaultSchema, snapshots = false }: ExportOptions = {},
): AsyncGenerator<string, void, undefined> {
  const database = new Database({ pool, schema: checkSchemaName(schema), prepare: false, acquireMs: 30_000 })
  const client = await database.checkout()
  let failure: unknown
  try {
    await database.plain(client, 'begin isolation level repeatable read read only')
    // pages walk an index and stop; see v1-read.ts
    await database.plain(
      client,
      'set local enable_sort = off; set local enable_seqscan = off; set local enable_bitmapscan = off; set local jit = off',
    )
    const [row] = await database.run(lastPosition, [], client)
    const seal = new LineSeal()
    const header = { exportedAt: new Date().toISOString(), lastPosition: Number(column(row, 1)), snapshots }
    yield seal.seal(['export', { ...exportFormat, ...header }])
    const counts: Record<string, number> = {}
    for (const section of Object.values(sections)) {
      if (section === sections.snapshots && !snapshots) continue
      counts[section.kind] = 0
      for await (const rows of pagesOf(database, section, client)) {
        counts[section.kind] = (counts[section.kind] ?? 0) + rows.length
        yield rows.map((each) => seal.seal([section.kind, ...each])).join('')
      }
    }
    yield seal.seal(['end', counts])
  } catch (thrown) {
    failure = thrown
    throw thrown
  } finally {
    await client.query('rollback').catch(() => undefined)
    database.giveBack(client, failure)
  }
}

async function* pagesOf(
  database: Database,
  section: Section,
  client: ClientBase,
): AsyncGenerator<readonly Row[], void, undefined> {
  const query = pageQuery(section)
  let after = keyBeforeAll(section)
  // the server measures all rows it is asked for: few where the last ones were large
  let rows = 16
  for (;;) {
    const page = await database.run(query, [...after, rows, maxBytes], client)
    const last = page.at(-1)
    if (!last) return
    yield page
    after = keyOf(section, last)
    rows = Math.min(maxRows, page.length * 2)
  }
}
