import type { ClientBase, Pool } from 'pg'
import { textArray } from '../database/binary-array.ts'
import { Database } from '../database/database.ts'
import { column, type Query } from '../database/query.ts'
import { EventStoreError } from '../errors/event-store-error.ts'
import { checkSchemaName, defaultSchema } from '../schema/schema-name.ts'
import { readExport, type ExportHeader, type ExportSummary } from './read-export.ts'
import { damaged } from './sealed-lines.ts'
import { insertQuery, sections, type Section } from './section.ts'

export interface ImportOptions {
  /** As given to `install`, which has to have been called; `eventstore` when left out. */
  readonly schema?: string
  /** The digest that the export is known to have. */
  readonly digest?: string
}

/**
 * Nobody appends meanwhile, and readers are held up like by an append: what is imported has positions that they would
 * else go past before it is committed (see v1-append.ts).
 */
const begin: Query = {
  name: 'import-begin',
  text: (es) => `
    select (select count(*) from (select from ${es}.stream limit 1) s) + (select count(*) from (select from ${es}.event limit 1) e)`,
}
const hold: Query = {
  name: 'import-hold',
  text: (es) => `
    select pg_advisory_xact_lock_shared(
      ((('${es}.event_position'::regclass::oid::bigint) << 32) >> 32)::int, ((q.last_value << 32) >> 32)::int)
    from ${es}.event_position q`,
}
const advance: Query = {
  name: 'import-advance',
  text: (es) => `
    select setval('${es}.event_position', greatest($1::bigint, q.last_value)),
      setval(pg_get_serial_sequence('${es}.stream', 'id'), greatest(1, (select max(id) from ${es}.stream)))
    from ${es}.event_position q`,
}

const maxRows = 1000
const maxCharacters = 4 * 1024 * 1024

/**
 * Puts an export into an empty store, in one transaction: positions, versions, ids and times are kept, so that what
 * remembers positions stays right. Subscriptions begin anew. Throws STORE_NOT_EMPTY, EXPORT_DAMAGED, and nothing is
 * stored then.
 */
export async function importEvents(
  pool: Pool | ClientBase,
  source: AsyncIterable<string | Uint8Array>,
  { schema = defaultSchema, digest }: ImportOptions = {},
): Promise<ExportSummary> {
  const database = new Database({ pool, schema: checkSchemaName(schema), prepare: false, acquireMs: 30_000 })
  return database.transaction(async (client) => {
    const { es } = database
    await database.plain(client, `lock table ${es}.stream, ${es}.event in share row exclusive mode`)
    const [row] = await database.run(begin, [], client)
    if (column(row, 0) !== '0') throw notEmpty(schema)
    await database.run(hold, [], client)
    const pages = new Map<string, Page>(
      Object.values(sections).map((section: Section) => [section.kind, new Page(database, section, client)]),
    )
    let header: ExportHeader | undefined
    const summary = await readExport(source, {
      header: (read) => {
        header = read
        return Promise.resolve()
      },
      record: async (kind, values) => {
        const page = pages.get(kind)
        if (!page) throw damaged(`it has a record ${JSON.stringify(kind)}, which this release does not know`)
        await page.add(values)
      },
    })
    if (digest !== undefined && digest !== summary.digest)
      throw damaged(`it has the digest ${summary.digest}, and ${digest} was expected`)
    for (const page of pages.values()) await page.flush()
    await database.run(advance, [header?.lastPosition ?? 0], client)
    return summary
  })
}

/** Rows of one section that go to the server together. */
class Page {
  readonly #database: Database
  readonly #section: Section
  readonly #client: ClientBase
  readonly #query: Query
  #rows: (readonly (string | null)[])[] = []
  #characters = 0

  constructor(database: Database, section: Section, client: ClientBase) {
    this.#database = database
    this.#section = section
    this.#client = client
    this.#query = insertQuery(section)
  }

  async add(values: readonly (string | null)[]): Promise<void> {
    this.#rows.push(values)
    this.#characters += values.reduce((sum, value) => sum + (value?.length ?? 0), 0)
    if (this.#rows.length >= maxRows || this.#characters >= maxCharacters) await this.flush()
  }

  async flush(): Promise<void> {
    if (this.#rows.length === 0) return
    const rows = this.#rows
    this.#rows = []
    this.#characters = 0
    const columns = this.#section.columns.map((_, index) => textArray(rows.map((row) => row[index] ?? null)))
    await this.#database.run(this.#query, columns, this.#client)
  }
}

function notEmpty(schema: string): EventStoreError {
  return new EventStoreError('STORE_NOT_EMPTY', {
    detail: `the store in schema ${schema} has streams already`,
    why: 'an export keeps positions and stream names, which may be in use there',
    mend: 'Install a store in another schema or database, and import into that.',
  })
}
