/**
 * What a row of a store holds beside its key and its times: one JSON value (facts), or the columns of a typed table. The
 * SQL of the tables and of the functions that write them is the same for both but for these pieces.
 */
export interface RowShape {
  /** Names of the tables that hold rows; what reads them asks `current_fact` and `fact_history`, which are views where these are others. */
  readonly current: 'current_fact' | 'current_row'
  readonly history: 'fact_history' | 'row_history'
  /** The columns as `create table` takes them, and as a list. */
  readonly definitions: string
  readonly columns: string
  /** The columns of the record `r`, those given to `change`, and as `update` sets them. */
  readonly held: string
  readonly given: string
  readonly assigned: string
  /** Whether the record `r` says what was given. */
  readonly same: string
  /** In functions that take JSON: what declares the given columns, what fills them, what joins them to an unnested `f.value`. */
  readonly declared: string
  readonly filled: string
  readonly unnested: string
  readonly joined: string
  /** Whether the joined row says all that `f.value` says, neither rounded nor left out. */
  readonly faithful: string
  /** What comes before the tables, and the views after them. */
  readonly before: string
  readonly after: string
}

/** Facts: one JSON value per row. */
export const factShape: RowShape = {
  current: 'current_fact',
  history: 'fact_history',
  definitions: 'value jsonb not null',
  columns: 'value',
  held: 'r.value',
  given: 'p_value',
  assigned: 'value = p_value',
  same: 'r.value = p_value',
  declared: '',
  filled: '',
  unnested: 'f.value',
  joined: '',
  faithful: 'true',
  before: '',
  after: '',
}
