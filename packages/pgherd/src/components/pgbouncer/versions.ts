/** What differs between versions of PgBouncer. Source: its NEWS. */
export interface PoolerTraits {
  /** Prepared statements survive transaction pooling (1.21); before, a client must not use named ones. */
  readonly preparedStatements: boolean
  /** SHOW STATE tells of a pause of everything (1.19); before, it is an error that PgBouncer also logs. */
  readonly showState: boolean
}

/** Traits of a version such as `1.18.0`. What says nothing about itself is taken for the oldest supported, 1.18. */
export function traitsOf(version: string = '1.18.0'): PoolerTraits {
  const [major = 1, minor = 18] = version.split('.').map(Number)
  return { preparedStatements: major > 1 || minor >= 21, showState: major > 1 || minor >= 19 }
}
