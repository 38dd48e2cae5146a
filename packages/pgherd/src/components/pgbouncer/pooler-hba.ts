import { hbaLine } from '../access/hba-file.ts'
import { tlsRows, type HbaRow } from '../access/hba-rows.ts'
import { sourcesOf } from '../access/sources.ts'
import type { RenderInput } from '../component.ts'
import { poolerRole } from '../reserved-names.ts'
import { adminDatabase, readName } from './pool-names.ts'

/**
 * Who may come in to the pools: what network.access says of declared roles and databases. The servers see the
 * gateway's address only, so it must be said here. The form is that of pg_hba.conf without host names, which
 * PgBouncer cannot read (PgBouncer configuration, "HBA file format").
 */
export function renderPoolerHba({ topology }: RenderInput): string {
  const { spec, members } = topology
  const gateway = members.filter(({ kind }) => kind === 'gateway').map(({ address }) => address)
  const pools = new Set(Object.keys(spec.databases))
  const home = { from: rangesOf([...gateway, 'localhost']), why: 'this machine' }
  const rows = tlsRows(spec, home).flatMap((row): readonly HbaRow[] => {
    const databases = Array.isArray(row.databases)
      ? row.databases
          .filter((name: string) => pools.has(name))
          .flatMap((name: string) => [name, readName(name)])
      : []
    return databases.length > 0 ? [{ ...row, databases }] : []
  })
  const admin = consoleSources(members.map(({ address }) => address)).map((address): HbaRow => ({
    type: 'hostssl',
    databases: [adminDatabase],
    roles: [poolerRole],
    address,
    method: 'scram-sha-256',
    why: '',
  }))
  const lines = [
    `local "${adminDatabase}" "${poolerRole}" scram-sha-256`,
    // since a leading slash is a regular expression to PostgreSQL 16 alone, names are written as for 15
    ...[...admin, ...rows].map((row) => hbaLine(row, 15)),
  ]
  return `# Written by pgherd; a change by hand is reverted by the next \`pgherd up\`. Nobody else comes in.\n${lines.join('\n')}\n`
}

/** Ranges, without what is a name. */
function rangesOf(addresses: readonly string[]): readonly string[] {
  return sourcesOf(addresses).filter((source) => !source.startsWith('"'))
}

/** A member whose address is a name can come from anywhere, as far as PgBouncer can tell; it needs the password all the same. */
function consoleSources(addresses: readonly string[]): readonly string[] {
  const ranges = rangesOf(addresses)
  return ranges.length === sourcesOf(addresses).length ? ranges : ['0.0.0.0/0', '::/0']
}
