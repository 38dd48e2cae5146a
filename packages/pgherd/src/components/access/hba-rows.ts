import { databasesOf } from '../../spec/role-databases.ts'
import type { Spec } from '../../spec/schema.ts'
import { internalRoles, peerMap } from './internal-roles.ts'
import { maintenanceDatabase, replicationRole } from '../reserved-names.ts'

/** Names taken literally, or a keyword. */
export type HbaNames = readonly string[] | 'all' | 'replication'

/** A line of pg_hba.conf. */
export interface HbaRow {
  readonly type: 'local' | 'host' | 'hostssl' | 'hostnossl'
  readonly databases: HbaNames
  readonly roles: readonly string[] | 'all'
  /** A CIDR range or `all`; only local lines have none. */
  readonly address?: string
  readonly method: 'peer' | 'scram-sha-256' | 'reject'
  readonly option?: string
  readonly why: string
}

/** Whom declared roles come in from, besides network.access. */
export interface Source {
  readonly from: readonly string[]
  readonly why: string
}

const thisMachine: Source = { from: ['127.0.0.1/32', '::1/128'], why: 'this machine' }

/**
 * Who may come in, first match first: pgherd's own roles over the socket by peer, declared roles by SCRAM
 * over the socket and over TLS from loopback and the ranges of network.access, nobody else.
 */
export function hbaRows(spec: Spec): readonly HbaRow[] {
  return [...socketRows(spec), ...closedRows, ...tlsRows(spec, thisMachine), lastRow]
}

/** Databases a role may reach. Admin and monitor roles that name none also reach `postgres`, which has the health functions. */
export function reachable(spec: Spec, role: string): readonly string[] {
  const { access, databases } = spec.roles[role] ?? {}
  const declared = databasesOf(spec, role)
  return databases === undefined && (access === 'admin' || access === 'monitor')
    ? [...declared, maintenanceDatabase]
    : declared
}

export function socketRows(spec: Spec): readonly HbaRow[] {
  const bound = Object.entries(spec.roles).filter(([, { databases }]) => databases !== undefined)
  return [
    {
      type: 'local',
      databases: 'all',
      roles: internalRoles,
      method: 'peer',
      option: `map=${peerMap}`,
      why: "pgherd's own sessions",
    },
    {
      type: 'local',
      databases: 'replication',
      roles: [replicationRole],
      method: 'peer',
      option: `map=${peerMap}`,
      why: 'base backups and the WAL archive',
    },
    {
      type: 'local',
      databases: 'replication',
      roles: 'all',
      method: 'reject',
      why: 'nobody else reads the WAL',
    },
    ...grouped(bound.map(([role]) => ({ role, databases: reachable(spec, role) }))).map(
      ({ roles, databases }): HbaRow => ({
        type: 'local',
        databases,
        roles,
        method: 'scram-sha-256',
        why: 'roles bound to databases',
      }),
    ),
    ...(bound.length > 0
      ? [
          {
            type: 'local',
            databases: 'all',
            roles: bound.map(([role]) => role).sort(),
            method: 'reject',
            why: 'and to no others',
          } as const,
        ]
      : []),
    {
      type: 'local',
      databases: 'all',
      roles: 'all',
      method: 'scram-sha-256',
      why: 'everybody else on this machine: with a password',
    },
  ]
}

export const plainRow: HbaRow = {
  type: 'hostnossl',
  databases: 'all',
  roles: 'all',
  address: 'all',
  method: 'reject',
  why: 'nothing without TLS',
}

const closedRows: readonly HbaRow[] = [
  {
    type: 'host',
    databases: 'all',
    roles: internalRoles,
    address: 'all',
    method: 'reject',
    why: 'the superuser and pgherd are never reachable over TCP',
  },
  {
    type: 'host',
    databases: 'replication',
    roles: 'all',
    address: 'all',
    method: 'reject',
    why: 'no replication over TCP',
  },
  plainRow,
]

export const lastRow: HbaRow = {
  type: 'host',
  databases: 'all',
  roles: 'all',
  address: 'all',
  method: 'reject',
  why: 'nobody else',
}

/** Declared roles by SCRAM over TLS: from `home` whatever they may reach, from elsewhere as network.access says. */
export function tlsRows(spec: Spec, home: Source): readonly HbaRow[] {
  const everybody = Object.keys(spec.roles)
  const rules = [
    { ...home, roles: everybody, databases: undefined },
    ...spec.network.access.map(({ from, roles, databases }, index) => ({
      from,
      roles: (roles ?? everybody).filter((role) => everybody.includes(role)),
      databases,
      why: `network.access, rule ${index + 1}`,
    })),
  ]
  return rules.flatMap(({ from, roles, databases: only, why }) => {
    const pairs = roles.map((role) => ({
      role,
      databases: reachable(spec, role).filter((database) => only === undefined || only.includes(database)),
    }))
    return grouped(pairs).flatMap(({ roles: together, databases }) =>
      from.map((address): HbaRow => ({
        type: 'hostssl',
        databases,
        roles: together,
        address,
        method: 'scram-sha-256',
        why,
      })),
    )
  })
}

/** Roles with the same databases share a line; roles without any have none. Sorted, so that the order in the spec means nothing. */
function grouped(pairs: readonly { readonly role: string; readonly databases: readonly string[] }[]) {
  const groups = new Map<string, { databases: readonly string[]; roles: string[] }>()
  for (const { role, databases } of pairs) {
    if (databases.length === 0) continue
    const sortedDatabases = [...new Set(databases)].sort()
    const key = JSON.stringify(sortedDatabases)
    const group = groups.get(key) ?? { databases: sortedDatabases, roles: [] }
    groups.set(key, { databases: sortedDatabases, roles: [...group.roles, role].sort() })
  }
  return [...groups.entries()].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, group]) => group)
}
