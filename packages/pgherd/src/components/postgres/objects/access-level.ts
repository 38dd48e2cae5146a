import type { RoleSpec } from '../../../spec/schema.ts'

export type AccessLevel = RoleSpec['access']
export type Major = 15 | 16 | 17 | 18

/** What an access level may do in the databases its role is allowed to connect to. */
export interface AccessPrivileges {
  readonly database: readonly string[]
  /** On schemas of users: `public`, declared ones, and those the owner or an admin makes. */
  readonly schema: readonly string[]
  readonly tables: readonly string[]
  readonly sequences: readonly string[]
  /** Functions that report health, in schema `pgherd`. */
  readonly health: boolean
  /** Also in the maintenance database `postgres`. */
  readonly maintenance: boolean
}

const none: AccessPrivileges = {
  database: ['CONNECT'],
  schema: [],
  tables: [],
  sequences: [],
  health: false,
  maintenance: false,
}

/**
 * Access levels as privileges (ddl-priv). EXECUTE is not here: PostgreSQL gives it to PUBLIC on every
 * new function, and a function whose owner revoked that stays revoked.
 */
export const accessLevels: Readonly<Record<AccessLevel, AccessPrivileges>> = {
  // Owns databases and schemas, so privileges follow from that; of other databases it gets a connection only.
  owner: none,
  readwrite: {
    ...none,
    database: ['CONNECT', 'TEMPORARY'],
    schema: ['USAGE'],
    tables: ['SELECT', 'INSERT', 'UPDATE', 'DELETE'],
    sequences: ['USAGE', 'SELECT'],
  },
  readonly: { ...none, schema: ['USAGE'], tables: ['SELECT'], sequences: ['SELECT'] },
  admin: { ...none, health: true, maintenance: true },
  monitor: { ...none, health: true, maintenance: true },
}

/** What the owner of a database may do with tables that an admin makes there; MAINTAIN is new in 17. */
export const ownerPrivileges: Readonly<Record<Major, AccessPrivileges>> = {
  15: ownerOf([]),
  16: ownerOf([]),
  17: ownerOf(['MAINTAIN']),
  18: ownerOf(['MAINTAIN']),
}

function ownerOf(more: readonly string[]): AccessPrivileges {
  return {
    ...none,
    schema: ['USAGE', 'CREATE'],
    tables: ['SELECT', 'INSERT', 'UPDATE', 'DELETE', 'TRUNCATE', 'REFERENCES', 'TRIGGER', ...more],
    sequences: ['USAGE', 'SELECT', 'UPDATE'],
  }
}

/** Predefined roles an access level is member of, beside the owners an admin acts for (predefined-roles). */
const adminRoles = ['pg_monitor', 'pg_signal_backend', 'pg_checkpoint']

export const predefinedMemberships: Readonly<Record<Major, Partial<Record<AccessLevel, readonly string[]>>>> =
  {
    15: { admin: adminRoles, monitor: ['pg_monitor'] },
    16: { admin: adminRoles, monitor: ['pg_monitor'] },
    17: { admin: [...adminRoles, 'pg_maintain'], monitor: ['pg_monitor'] },
    18: { admin: [...adminRoles, 'pg_maintain'], monitor: ['pg_monitor'] },
  }
