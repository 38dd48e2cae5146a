import { z } from 'zod'

const grant = z.object({ grantee: z.string(), privileges: z.array(z.string()) })

/** What the password of a role is, compared with the secret of the spec. */
export type PasswordState = 'matches' | 'differs' | 'none' | 'unknown'

export const observedRole = z.object({
  name: z.string(),
  attributes: z.object({
    login: z.boolean(),
    inherit: z.boolean(),
    superuser: z.boolean(),
    createDatabase: z.boolean(),
    createRole: z.boolean(),
    replication: z.boolean(),
    bypassRowSecurity: z.boolean(),
  }),
  connectionLimit: z.number(),
  /** Seconds since 1970; null: for ever. */
  validUntil: z.number().nullable(),
  /** pg_authid.rolpassword; taken out again by `judgePasswords`. */
  verifier: z.string().nullable(),
})

const membership = z.object({
  role: z.string(),
  member: z.string(),
  /** True when any grantor gave it so. */
  inherit: z.boolean(),
  set: z.boolean(),
  admin: z.boolean(),
})

const setting = z.object({
  /** Null: for all roles, or all databases. */
  role: z.string().nullable(),
  database: z.string().nullable(),
  name: z.string(),
  value: z.string(),
})

const database = z.object({
  name: z.string(),
  owner: z.string(),
  encoding: z.string(),
  locale: z.object({ provider: z.string(), name: z.string() }),
  connectionLimit: z.number(),
  allowsConnections: z.boolean(),
  grants: z.array(grant),
})

const availableExtension = z.object({ name: z.string(), version: z.string(), requires: z.array(z.string()) })

export const observedCluster = z.object({
  roles: z.array(observedRole),
  memberships: z.array(membership),
  settings: z.array(setting),
  databases: z.array(database),
  extensions: z.array(availableExtension),
})

const relations = z.object({
  grantee: z.string(),
  kind: z.enum(['tables', 'sequences']),
  privileges: z.array(z.string()),
  /** How many relations; `names` has the first ten of them. */
  count: z.number(),
  names: z.array(z.string()),
})

export const observedContents = z.object({
  schemas: z.array(z.object({ name: z.string(), owner: z.string(), grants: z.array(grant) })),
  extensions: z.array(z.object({ name: z.string(), version: z.string() })),
  defaults: z.array(
    z.object({
      creator: z.string(),
      schema: z.string().nullable(),
      on: z.enum(['tables', 'sequences', 'functions', 'types', 'schemas', 'large objects']),
      grantee: z.string(),
      privileges: z.array(z.string()),
    }),
  ),
  functions: z.array(
    z.object({
      name: z.string(),
      owner: z.string(),
      digest: z.string(),
      result: z.string(),
      grants: z.array(grant),
    }),
  ),
  /** Absent where none is declared. */
  internalFunctions: z
    .array(
      z.object({
        signature: z.string(),
        owner: z.string(),
        digest: z.string(),
        result: z.string(),
        grants: z.array(grant),
      }),
    )
    .optional(),
  missing: z.array(relations),
  extra: z.array(relations),
})

export type ObservedCluster = z.output<typeof observedCluster>
export type ObservedContents = z.output<typeof observedContents>
export type ObservedDatabase = z.output<typeof database>
export type ObservedSetting = z.output<typeof setting>
export type ObservedRelations = z.output<typeof relations>
export type ObservedRole = Omit<z.output<typeof observedRole>, 'verifier'> & {
  readonly password: PasswordState
}

/** What a server has. */
export interface ObservedObjects extends Omit<ObservedCluster, 'roles' | 'extensions'> {
  readonly roles: readonly ObservedRole[]
  /** Extensions that can be created; absent when that is not known yet. */
  readonly extensions?: ObservedCluster['extensions']
  /** Contents by database; a database nobody could look into is missing here. */
  readonly contents: readonly { readonly database: string; readonly contents: ObservedContents }[]
}
