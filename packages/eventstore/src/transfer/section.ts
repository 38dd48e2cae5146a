import type { Query, Row } from '../database/query.ts'

/** One kind of record of an export: where its rows come from, in which order, and how they are put back. */
export interface Section {
  /** First element of each of its records. */
  readonly kind: string
  /** Columns of a record as text, in the order of its elements, with the types they are put back as. */
  readonly columns: readonly {
    readonly name: string
    readonly type: string
    /** How the column is read, where not by its name. */
    readonly read?: string
    /** How the text is put back, where not by a cast; `$` stands for it. */
    readonly write?: string
  }[]
  readonly table: string
  /** Columns that order the rows, all of them among `columns`; the primary key. */
  readonly key: readonly string[]
}

/** Microseconds since 1970, so that no setting of a session changes how a time is written. */
const time = (name: string): Section['columns'][number] => ({
  name,
  type: 'timestamptz',
  read: `(extract(epoch from ${name}) * 1000000)::bigint`,
  write: `timestamptz 'epoch' + $::bigint * interval '1 microsecond'`,
})

/** In the order of a file: what refers to something comes after it. */
export const sections = {
  streams: {
    kind: 'stream',
    table: 'stream',
    key: ['id'],
    columns: [
      { name: 'id', type: 'bigint' },
      { name: 'name', type: 'text' },
      { name: 'version', type: 'bigint' },
      { name: 'truncated_before', type: 'bigint' },
      { name: 'metadata', type: 'json' },
      time('created_at'),
      time('archived_at'),
      time('tombstoned_at'),
    ],
  },
  events: {
    kind: 'event',
    table: 'event',
    key: ['position'],
    columns: [
      { name: 'position', type: 'bigint' },
      { name: 'stream_id', type: 'bigint' },
      { name: 'version', type: 'bigint' },
      { name: 'id', type: 'uuid' },
      { name: 'type', type: 'text' },
      { name: 'schema_version', type: 'int' },
      time('created'),
      { name: 'data', type: 'json' },
      { name: 'metadata', type: 'json' },
    ],
  },
  snapshots: {
    kind: 'snapshot',
    table: 'snapshot',
    key: ['stream_id', 'name', 'state_version'],
    columns: [
      { name: 'stream_id', type: 'bigint' },
      { name: 'name', type: 'text' },
      { name: 'state_version', type: 'int' },
      { name: 'version', type: 'bigint' },
      { name: 'state', type: 'json' },
      time('created_at'),
    ],
  },
  tags: {
    kind: 'tag',
    table: 'event_tag',
    key: ['tag', 'position'],
    columns: [
      { name: 'tag', type: 'text' },
      { name: 'position', type: 'bigint' },
      { name: 'type', type: 'text' },
    ],
  },
} satisfies Record<string, Section>

/**
 * Rows after a key, as many as asked for or as fit into a number of bytes, at least one. The parameters: the key of the
 * last row known, then rows, then bytes.
 */
export function pageQuery({ kind, table, key, columns }: Section): Query {
  const at = key.length
  const typed = key.map((name, index) => `$${index + 1}::${typeOf(columns, name)}`)
  const read = columns.map(({ name, read = name }, index) => `(${read})::text as c${index}`)
  const size = columns.map((_, index) => `coalesce(octet_length(c${index}), 0)`).join(' + ')
  return {
    name: `export-${kind}`,
    text: (es) => `
      select ${columns.map((_, index) => `c${index}`).join(', ')} from (
        select r.*, sum(${size}) over (order by ${key.join(', ')} rows unbounded preceding) - (${size}) as before
        from (
          select ${key.join(', ')}, ${read.join(', ')} from ${es}.${table}
          where (${key.join(', ')}) > (${typed.join(', ')}) order by ${key.join(', ')} limit $${at + 1}::bigint
        ) r
      ) sized where before < $${at + 2}::bigint order by ${key.join(', ')}`,
  }
}

/** The key of a row of `pageQuery`. */
export function keyOf({ key, columns }: Section, row: Row): readonly string[] {
  return key.map((name) => String(row[columns.findIndex((column) => column.name === name)]))
}

/** A key before the first row. */
export function keyBeforeAll({ key, columns }: Section): readonly string[] {
  return key.map((name) => (typeOf(columns, name) === 'text' ? '' : '-1'))
}

/** Puts rows back; the parameters are arrays of text, one per column. */
export function insertQuery({ kind, table, columns }: Section): Query {
  const arrays = columns.map((_, index) => `$${index + 1}::text[]`)
  const values = columns.map(({ type, write = `$::${type}` }, index) => write.replace('$', `c${index}`))
  return {
    name: `import-${kind}`,
    text: (es) => `
      insert into ${es}.${table} (${columns.map(({ name }) => name).join(', ')}) overriding system value
      select ${values.join(', ')} from unnest(${arrays.join(', ')}) as r(${columns.map((_, index) => `c${index}`).join(', ')})`,
  }
}

function typeOf(columns: Section['columns'], name: string): string {
  return columns.find((column) => column.name === name)?.type ?? 'text'
}
