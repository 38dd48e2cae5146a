import { BitemporalError } from '../errors/bitemporal-error.ts'
import type { Instant, TimeLike } from '../time/instant.ts'

/** Types of columns, as PostgreSQL names them. Floating point is left out: it depends on settings how it is written. */
export type BaseType =
  | 'text'
  | 'boolean'
  | 'integer'
  | 'bigint'
  | 'numeric'
  | `numeric(${number})`
  | `numeric(${number},${number})`
  | 'date'
  | 'timestamptz'
  | 'uuid'
  | 'jsonb'

/** A type; with ` null` for a column that may be without a value. */
export type ColumnType = BaseType | `${BaseType} null`

/** The columns of a typed table: `{ salary: 'numeric(10,2)', team: 'text null' }`. */
export type Columns = Readonly<Record<string, ColumnType>>

/** How a column is read: numbers that a double cannot hold exactly are text (numeric) or bigint. */
export type ColumnValue<T> = T extends `${infer Base} null`
  ? ColumnValue<Base> | null
  : T extends 'boolean'
    ? boolean
    : T extends 'integer'
      ? number
      : T extends 'bigint'
        ? bigint
        : T extends 'timestamptz'
          ? Instant
          : T extends 'jsonb'
            ? unknown
            : string

/** How a column is given. */
export type ColumnInput<T> = T extends `${infer Base} null`
  ? ColumnInput<Base> | null
  : T extends 'timestamptz'
    ? TimeLike
    : T extends 'bigint'
      ? bigint | number
      : T extends `numeric${string}`
        ? string | number | bigint
        : ColumnValue<T>

/** A row of a typed table as it is read. */
export type RowOf<C extends Columns> = { readonly [K in keyof C]: ColumnValue<C[K]> }

/** A row as it is given: columns that may be null may be left out. */
export type RowInput<C extends Columns> = {
  readonly [K in keyof C as C[K] extends `${string} null` ? never : K]: ColumnInput<C[K]>
} & { readonly [K in keyof C as C[K] extends `${string} null` ? K : never]?: ColumnInput<C[K]> }

/** A column with its type taken apart. */
export interface Column {
  readonly name: string
  readonly base:
    'text' | 'boolean' | 'integer' | 'bigint' | 'numeric' | 'date' | 'timestamptz' | 'uuid' | 'jsonb'
  /** Of numeric: how many digits at most, and how many of them after the point. */
  readonly precision: number | undefined
  readonly scale: number
  readonly nullable: boolean
}

const type =
  /^(?:(text|boolean|integer|bigint|numeric|date|timestamptz|uuid|jsonb)|(numeric)\((\d{1,4})(?:, ?(\d{1,4}))?\))( null)?$/

/** What the tables have themselves, and the variables of the functions that write them. */
const taken = new Set(
  `id version subject predicate value key_id valid_from valid_to recorded_from recorded_to recorded_at
   k r v f n lo hi g s nth key placed first_from given stored numbered facts
   v_now v_ids p_subject p_predicate p_mode p_from p_to p_value p_expected p_predicates p_subjects p_key p_values p_ids
   p_recorded_from p_recorded_to o_status o_version o_recorded_at o_from o_to o_subject o_predicate`.split(
    /\s+/,
  ),
)

/** Throws INVALID_OPTION for names and types that a table cannot have. */
export function parseColumns(columns: Columns): readonly Column[] {
  const parsed = Object.entries(columns).map(([name, text]) => parseColumn(name, text))
  if (parsed.length === 0) throw refused('there is no column', 'a row without columns says nothing')
  // 1600 is what PostgreSQL takes (src/include/access/htup_details.h); rows of so many say that a table is wanted for each
  if (parsed.length > 200) throw refused(`there are ${parsed.length} columns`, '200 are the most')
  return parsed
}

function parseColumn(name: string, text: string): Column {
  if (!/^[a-z_][a-z0-9_]{0,62}$/.test(name))
    throw refused(
      `column ${JSON.stringify(name)} is not of lower-case letters, digits and underscores, 63 at most`,
      'its name stands in SQL',
    )
  if (taken.has(name)) throw refused(`column ${name} has a name that the library uses`, 'two would be one')
  const parts = type.exec(text)
  if (!parts)
    throw refused(`column ${name} is ${JSON.stringify(text)}`, 'values of this type are not known here')
  const precision = parts[3] === undefined ? undefined : Number(parts[3])
  const scale = Number(parts[4] ?? 0)
  // the limits of numeric: https://www.postgresql.org/docs/current/datatype-numeric.html
  if (precision !== undefined && (precision < 1 || precision > 1000 || scale > precision))
    throw refused(
      `column ${name} is ${text}`,
      'numeric has 1 to 1000 digits, of which some may be after the point',
    )
  const base = (parts[1] ?? 'numeric') as Column['base']
  return { name, base, precision, scale, nullable: parts[5] !== undefined }
}

/** The type as format_type of PostgreSQL writes it. */
export function serverType({ base, precision, scale }: Column): string {
  if (base === 'timestamptz') return 'timestamp with time zone'
  return precision === undefined ? base : `numeric(${precision},${scale})`
}

function refused(detail: string, why: string): BitemporalError {
  return new BitemporalError('INVALID_OPTION', {
    detail,
    why,
    mend: `Declare columns like { salary: 'numeric(10,2)', team: 'text null' }; types are text, boolean, integer, bigint, numeric, date, timestamptz, uuid, jsonb.`,
  })
}
