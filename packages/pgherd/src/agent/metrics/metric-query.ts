import type { Row } from '../../checks/check.ts'
import type { Family } from './family.ts'

export type Major = 15 | 16 | 17 | 18

/** What a query may depend on. */
export interface QueryTarget {
  readonly major: Major
  /** Schema of each extension of this database, quoted for SQL. */
  readonly extensions: Readonly<Record<string, string>>
}

/** A column that becomes a metric. */
export interface MetricColumn {
  /** Column of the result; the metric is `<prefix>_<name>`. */
  readonly name: string
  readonly type: Family['type']
  readonly help: string
}

/**
 * One subject of the statistics, as data. Names and labels are those of postgres_exporter where it has
 * the metric, so that its dashboards and alerts work.
 */
export interface MetricQuery {
  /** Also the `collector` label of pg_scrape_collector_*. */
  readonly id: string
  /** server: asked once, in `postgres`. database: asked in each database. once: in the first database that can answer. */
  readonly scope: 'server' | 'database' | 'once'
  readonly everySeconds: number
  readonly prefix: string
  readonly labels: readonly string[]
  readonly columns: readonly MetricColumn[]
  /** The SQL for a version; undefined where there is nothing to ask. Rows are capped in the SQL. */
  text(target: QueryTarget): string | undefined
  /** For answers whose metric names are data (settings). */
  families?(rows: readonly Row[]): readonly Family[]
}

/** A column of a statistics view as node-postgres gives it; undefined for NULL and for what is no number. */
export function toNumber(value: unknown): number | undefined {
  if (value === null || value === undefined) return undefined
  if (value instanceof Date) return value.getTime() / 1000
  if (typeof value === 'boolean') return value ? 1 : 0
  const result = Number(value)
  return Number.isNaN(result) ? undefined : result
}

/** Turns rows into families by the query's table of columns. NULLs give no series. */
export function toFamilies(query: MetricQuery, rows: readonly Row[]): readonly Family[] {
  if (query.families) return query.families(rows)
  const labelled = rows.map((row) => ({
    row,
    labels: Object.fromEntries(
      query.labels.map((label) => [
        label,
        row[label] === null || row[label] === undefined ? '' : String(row[label] as string | number),
      ]),
    ),
  }))
  return query.columns
    .map((column) => ({
      name: `${query.prefix}_${column.name}`,
      help: column.help,
      type: column.type,
      samples: labelled.flatMap(({ row, labels }) => {
        const value = toNumber(row[column.name])
        return value === undefined ? [] : [{ labels, value }]
      }),
    }))
    .filter((family) => family.samples.length > 0)
}
