import { databasesOf } from '../../../spec/role-databases.ts'
import type { Spec } from '../../../spec/schema.ts'
import {
  accessLevels,
  ownerPrivileges,
  predefinedMemberships,
  type AccessPrivileges,
  type Major,
} from './access-level.ts'
import { everyone, type Grant } from './grant.ts'
import { localeOf, type DatabaseLocale } from './locale.ts'
import {
  bootstrapRole,
  healthSchema,
  maintenanceDatabase,
  monitorRole,
  poolerRole,
  poolerSchema,
  replicationRole,
  rewindRole,
} from '../../reserved-names.ts'
import { healthFunctions } from '../health/functions.ts'
import { getAuth, getAuthSignature } from './get-auth.ts'
import { roleSecretId } from '../../../secrets/secret.ts'

/** The database objects a spec asks for. Plain data: kept by apply to tell a change of the spec from drift. */
export interface DeclaredObjects {
  readonly major: Major
  readonly roles: readonly DeclaredRole[]
  readonly databases: readonly DeclaredDatabase[]
  /** The health functions of every database that has them. */
  readonly functions: readonly { readonly name: string; readonly digest: string }[]
}

export interface DeclaredRole {
  readonly name: string
  /** Made for pgherd's own processes: they log in by peer on the socket, and between members with a password. */
  readonly internal: boolean
  readonly attributes: RoleAttributes
  readonly connectionLimit: number
  /** RFC 3339 with zone; absent: for ever. */
  readonly validUntil?: string
  readonly settings: Readonly<Record<string, string>>
  readonly memberships: readonly string[]
  /** The secret that holds the password; absent: no password. */
  readonly secret?: string
}

export interface RoleAttributes {
  readonly login: boolean
  readonly inherit: boolean
  readonly superuser: boolean
  readonly createDatabase: boolean
  readonly createRole: boolean
  readonly replication: boolean
  readonly bypassRowSecurity: boolean
}

export interface DeclaredDatabase {
  readonly name: string
  /** `template` and `maintenance` come with initdb; of `template` only the privileges are looked after. */
  readonly kind: 'declared' | 'maintenance' | 'template'
  readonly owner: string
  readonly encoding: string
  readonly locale: DatabaseLocale
  readonly connectionLimit: number
  readonly settings: Readonly<Record<string, string>>
  readonly grants: readonly Grant[]
  readonly schemas: readonly DeclaredSchema[]
  readonly extensions: readonly string[]
  /** Roles whose tables, made now or later, the access levels cover: the owner and the admins. */
  readonly creators: readonly string[]
  readonly access: readonly DeclaredAccess[]
  /** Roles that may call the health functions. */
  readonly healthReaders: readonly string[]
  /** Functions that only pgherd's own roles of a cluster may call; absent on a single server. */
  readonly internalFunctions?: readonly DeclaredFunction[]
}

/** A function by its signature, such as `pg_catalog.pg_stat_file(text,boolean)`. */
export interface DeclaredFunction {
  readonly signature: string
  readonly callers: readonly string[]
  /** Of what it does; absent for functions of the server's own. */
  readonly digest?: string
}

export interface DeclaredSchema {
  readonly name: string
  readonly owner: string
  readonly grants: readonly Grant[]
}

/** What a role may do with the relations of every schema its access level covers. */
export interface DeclaredAccess {
  readonly grantee: string
  readonly schema: readonly string[]
  readonly tables: readonly string[]
  readonly sequences: readonly string[]
}

const publicSchema = { name: 'public', owner: 'pg_database_owner' }

const ordinary: RoleAttributes = {
  login: true,
  inherit: true,
  superuser: false,
  createDatabase: false,
  createRole: false,
  replication: false,
  bypassRowSecurity: false,
}

/** Derives roles, databases, schemas, extensions and privileges from the spec. Pure; the spec is taken as valid. */
export function declareObjects(spec: Spec): DeclaredObjects {
  const major = spec.postgres.version
  const databases = Object.keys(spec.databases)
  return {
    major,
    roles: [
      ...(spec.topology.members > 1 ? clusterRoles : internalRoles),
      ...Object.keys(spec.roles).map((name) => declareRole(spec, name)),
    ],
    databases: [
      bare('template1', 'template', major),
      declareMaintenance(spec),
      ...databases.map((name) => declareDatabase(spec, name)),
    ],
    functions: healthFunctions(major).map(({ name, digest }) => ({ name, digest })),
  }
}

const internal = { internal: true, connectionLimit: -1, settings: {} }
const internalRoles: readonly DeclaredRole[] = [
  { ...internal, name: monitorRole, attributes: ordinary, memberships: ['pg_monitor'] },
  { ...internal, name: replicationRole, attributes: { ...ordinary, replication: true }, memberships: [] },
]

/**
 * A proof compares a restored copy with the live server. In a cluster it comes over TCP, where the superuser never does;
 * a role that copies the whole server may read all of it anyway. pg_read_server_files is what pg_walinspect asks for.
 */
const provingRole: DeclaredRole = {
  ...internal,
  name: replicationRole,
  attributes: { ...ordinary, replication: true, bypassRowSecurity: true },
  memberships: ['pg_monitor', 'pg_read_all_data', 'pg_read_server_files'],
}

const withPassword = (role: DeclaredRole): DeclaredRole => ({ ...role, secret: roleSecretId(role.name) })
/** In a cluster they come in from other members: over TLS, with a password. */
const clusterRoles: readonly DeclaredRole[] = [
  ...internalRoles.filter(({ name }) => name !== replicationRole),
  provingRole,
  { ...internal, name: rewindRole, attributes: ordinary, memberships: [] },
  { ...internal, name: poolerRole, attributes: ordinary, memberships: [] },
].map(withPassword)

/** What pg_rewind reads the files of the primary with, so that it needs no superuser (app-pgrewind, "Notes"). */
const rewindFunctions: readonly DeclaredFunction[] = [
  'pg_ls_dir(text,boolean,boolean)',
  'pg_read_binary_file(text)',
  'pg_read_binary_file(text,bigint,bigint,boolean)',
  'pg_stat_file(text,boolean)',
].map((name) => ({ signature: `pg_catalog.${name}`, callers: [rewindRole] }))

function declareRole(spec: Spec, name: string): DeclaredRole {
  const role = roleOf(spec, name)
  const owners = Object.entries(spec.databases).flatMap(([database, { owner }]) =>
    role.access === 'admin' && mayConnect(spec, name, database) && owner !== name ? [owner] : [],
  )
  return {
    name,
    internal: false,
    attributes: ordinary,
    connectionLimit: role.connectionLimit,
    ...(role.validUntil === undefined ? {} : { validUntil: role.validUntil }),
    settings: role.settings,
    memberships: [
      ...new Set([...(predefinedMemberships[spec.postgres.version][role.access] ?? []), ...owners]),
    ],
    secret: roleSecretId(name),
  }
}

function declareDatabase(spec: Spec, name: string): DeclaredDatabase {
  const database = spec.databases[name]
  if (!database) throw new Error('declareDatabase is called with keys of spec.databases only')
  const major = spec.postgres.version
  const { owner } = database
  const allowed = Object.keys(spec.roles).filter((role) => role !== owner && mayConnect(spec, role, name))
  const admins = allowed.filter((role) => roleOf(spec, role).access === 'admin')
  const access: DeclaredAccess[] = [
    accessOf(owner, ownerPrivileges[major]),
    ...allowed.map((role) => accessOf(role, accessLevels[roleOf(spec, role).access])),
  ].filter(({ schema }) => schema.length > 0)
  const healthReaders = [
    monitorRole,
    ...allowed.filter((role) => accessLevels[roleOf(spec, role).access].health),
  ]
  const isCluster = spec.topology.members > 1
  const usage = access.map(({ grantee, schema }) => ({ grantee, privileges: schema }))
  return {
    name,
    kind: 'declared',
    owner,
    encoding: database.encoding,
    locale: localeOf(database, major),
    connectionLimit: database.connectionLimit,
    settings: database.settings,
    grants: [
      { grantee: monitorRole, privileges: ['CONNECT'] },
      ...(isCluster ? [poolerRole, replicationRole] : []).map((grantee) => ({
        grantee,
        privileges: ['CONNECT'],
      })),
      ...allowed.map((role) => ({
        grantee: role,
        privileges: accessLevels[roleOf(spec, role).access].database,
      })),
    ],
    schemas: [
      healthSchemaFor(healthReaders),
      ...(isCluster
        ? [
            {
              name: poolerSchema,
              owner: bootstrapRole,
              grants: [{ grantee: poolerRole, privileges: ['USAGE'] }],
            },
          ]
        : []),
      // PUBLIC keeps USAGE, as initdb gives it: the schema is shared by definition
      {
        ...publicSchema,
        grants: [
          { grantee: everyone, privileges: ['USAGE'] },
          ...usage.filter(({ grantee }) => grantee !== owner),
        ],
      },
      ...unique(database.schemas, ['public', healthSchema, poolerSchema]).map((schema) => ({
        name: schema,
        owner,
        grants: usage.filter(({ grantee }) => grantee !== owner),
      })),
    ],
    extensions: unique(database.extensions, []),
    creators: [owner, ...admins],
    access,
    healthReaders,
    ...(isCluster ? { internalFunctions: [poolerFunction(Object.keys(spec.roles))] } : {}),
  }
}

function poolerFunction(roles: readonly string[]): DeclaredFunction {
  return { signature: getAuthSignature, callers: [poolerRole], digest: getAuth(roles).digest }
}

/** The database `postgres`: administrators and monitoring connect to it, applications do not. */
function declareMaintenance(spec: Spec): DeclaredDatabase {
  const visitors = Object.keys(spec.roles).filter(
    (role) => accessLevels[roleOf(spec, role).access].maintenance,
  )
  const healthReaders = [monitorRole, ...visitors]
  const isCluster = spec.topology.members > 1
  const connecting = isCluster ? [...healthReaders, replicationRole, rewindRole] : healthReaders
  const health = healthSchemaFor(healthReaders)
  return {
    ...bare(maintenanceDatabase, 'maintenance', spec.postgres.version),
    grants: connecting.map((grantee) => ({ grantee, privileges: ['CONNECT'] })),
    schemas: [
      // the heartbeats of a proof are kept there
      isCluster
        ? {
            ...health,
            grants: [...health.grants, { grantee: replicationRole, privileges: ['CREATE', 'USAGE'] }],
          }
        : health,
      { ...publicSchema, grants: [{ grantee: everyone, privileges: ['USAGE'] }] },
    ],
    // pg_walinspect reads the commit order that a proof aligns its snapshot with
    extensions: ['pg_stat_statements', 'pg_walinspect'],
    healthReaders,
    ...(isCluster ? { internalFunctions: rewindFunctions } : {}),
  }
}

function bare(name: string, kind: DeclaredDatabase['kind'], major: Major): DeclaredDatabase {
  const initial = { encoding: 'UTF8' }
  return {
    ...initial,
    name,
    kind,
    owner: bootstrapRole,
    locale: localeOf(initial, major),
    connectionLimit: -1,
    settings: {},
    grants: [],
    schemas: [],
    extensions: [],
    creators: [],
    access: [],
    healthReaders: [],
  }
}

function healthSchemaFor(readers: readonly string[]): DeclaredSchema {
  return {
    name: healthSchema,
    owner: bootstrapRole,
    grants: readers.map((grantee) => ({ grantee, privileges: ['USAGE'] })),
  }
}

function accessOf(grantee: string, { schema, tables, sequences }: AccessPrivileges): DeclaredAccess {
  return { grantee, schema, tables, sequences }
}

function mayConnect(spec: Spec, role: string, database: string): boolean {
  return databasesOf(spec, role).includes(database)
}

function roleOf(spec: Spec, name: string): Spec['roles'][string] {
  const role = spec.roles[name]
  if (!role) throw new Error('roleOf is called with keys of spec.roles only')
  return role
}

function unique(names: readonly string[], excluded: readonly string[]): readonly string[] {
  return [...new Set(names)].filter((name) => !excluded.includes(name))
}
