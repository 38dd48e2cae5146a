/** A statement under a name; prepared once per connection under it. `bt` is the quoted schema, `history` the table with partitions. */
export interface Query {
  readonly name: string
  readonly text: (bt: string, history: string) => string
}

/** A row as the server wrote it: text, so that parsers which somebody set for the whole process do not matter. */
export type Row = readonly (string | null)[]

/** What a driver's parameter may be. Buffers are sent as binary. */
export type Value = string | number | boolean | Buffer | null

/** A column that is never null. Throws when it is: a statement of ours and its reader disagree. */
export function column(row: Row | undefined, index: number): string {
  const value = row?.[index]
  if (value === undefined || value === null) throw new TypeError(`column ${index} is null or missing`)
  return value
}
