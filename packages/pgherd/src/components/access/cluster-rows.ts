import type { Topology } from '../../topology/topology.ts'
import {
  bootstrapRole,
  maintenanceDatabase,
  monitorRole,
  poolerRole,
  replicationRole,
  rewindRole,
} from '../reserved-names.ts'
import { lastRow, plainRow, socketRows, tlsRows, type HbaNames, type HbaRow } from './hba-rows.ts'
import { clusterRoles } from './internal-roles.ts'
import { sourcesOf } from './sources.ts'

/**
 * Who may come in to a server of a cluster, first match first: as on a single server, and besides pgherd's own
 * roles but the superuser by SCRAM over TLS from the members. Declared roles come in from the gateway as well:
 * its router and its pooler stand in for clients, whose own addresses are not seen here.
 */
export function clusterHbaRows({ spec, members }: Topology): readonly HbaRow[] {
  const gateway = members.filter(({ kind }) => kind === 'gateway').map(({ address }) => address)
  return [
    ...socketRows(spec),
    plainRow,
    ...ownRows(
      Object.keys(spec.databases),
      members.map(({ address }) => address),
    ),
    closed(
      'all',
      [bootstrapRole, ...clusterRoles],
      'the superuser is never reachable over TCP, the others from nowhere else',
    ),
    closed('replication', 'all', 'nobody else reads the WAL'),
    ...tlsRows(spec, {
      from: [...new Set([...sourcesOf(gateway), ...sourcesOf(['localhost'])])],
      why: 'this machine, and the gateway, which hides the addresses of its clients',
    }),
    lastRow,
  ]
}

/** pgherd's own roles, each to what it is for. */
function ownRows(databases: readonly string[], addresses: readonly string[]): readonly HbaRow[] {
  const sources = sourcesOf(addresses)
  const loopback = sources.includes('127.0.0.0/8')
    ? '; a loopback connection comes from 127.0.0.1 wherever it goes to, hence the whole range'
    : ''
  const from = (role: string, to: HbaNames, what: string) =>
    sources.map((address): HbaRow => ({
      type: 'hostssl',
      databases: to,
      roles: [role],
      address,
      method: 'scram-sha-256',
      why: `${what}, from the members${loopback}`,
    }))
  return [
    ...from(replicationRole, 'replication', 'standbys, base backups and the WAL archive'),
    ...from(replicationRole, 'all', 'a proof compares what it restored'),
    ...from(rewindRole, [maintenanceDatabase], 'pg_rewind of a former primary'),
    ...from(monitorRole, 'all', 'health checks and metrics'),
    ...(databases.length > 0 ? from(poolerRole, [...databases].sort(), 'the pooler looks passwords up') : []),
  ]
}

function closed(databases: HbaNames, roles: HbaRow['roles'], why: string): HbaRow {
  return { type: 'host', databases, roles, address: 'all', method: 'reject', why }
}
