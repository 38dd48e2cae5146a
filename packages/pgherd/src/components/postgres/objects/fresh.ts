import type { Major } from './access-level.ts'
import { bootstrapRole, maintenanceDatabase } from '../../reserved-names.ts'
import { everyone } from './grant.ts'
import { localeOf } from './locale.ts'
import type { ObservedContents, ObservedObjects } from './observed.ts'

/** A database right after CREATE DATABASE from template0. */
export const freshContents: ObservedContents = {
  schemas: [
    { name: 'public', owner: 'pg_database_owner', grants: [{ grantee: everyone, privileges: ['USAGE'] }] },
  ],
  extensions: [{ name: 'plpgsql', version: '1.0' }],
  defaults: [],
  functions: [],
  missing: [],
  extra: [],
}

/** A server right after initdb with UTF8 and the locale pgherd gives it: known without a server. */
export function freshObjects(major: Major): ObservedObjects {
  const locale = localeOf({ encoding: 'UTF8' }, major)
  const database = {
    owner: bootstrapRole,
    encoding: 'UTF8',
    locale,
    connectionLimit: -1,
    allowsConnections: true,
  }
  return {
    roles: [],
    memberships: [],
    settings: [],
    databases: [
      {
        ...database,
        name: maintenanceDatabase,
        grants: [{ grantee: everyone, privileges: ['CONNECT', 'TEMPORARY'] }],
      },
      { ...database, name: 'template1', grants: [{ grantee: everyone, privileges: ['CONNECT'] }] },
    ],
    contents: [{ database: maintenanceDatabase, contents: freshContents }],
  }
}
