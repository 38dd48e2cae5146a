import type { Spec } from '../../spec/schema.ts'

type PackageSpec = Pick<Spec, 'topology' | 'redis'> & {
  readonly postgres: Pick<Spec['postgres'], 'version' | 'binaries'>
}

/** A package of the system, and a file that is only there when it is installed. */
export interface Package {
  readonly name: string
  readonly proof: string
}

/**
 * The Debian packages a spec needs on a machine; none for a single server with PostgreSQL from npm. Names and files as in
 * Debian 12 to 14 and Ubuntu. `python3-idna`: Patroni needs it for etcd with TLS and only recommends it. `tini`: see
 * supervisor/start-supervisor.ts. Pure.
 */
export function neededPackages(spec: PackageSpec): readonly Package[] {
  const { version, binaries } = spec.postgres
  const postgres: readonly Package[] =
    binaries === 'system'
      ? [
          { name: `postgresql-${version}`, proof: `/usr/lib/postgresql/${version}/bin/postgres` },
          // the extensions are part of postgresql-NN since PostgreSQL 10; this name brings them everywhere else
          {
            name: 'postgresql-contrib',
            proof: `/usr/share/postgresql/${version}/extension/pg_stat_statements.control`,
          },
        ]
      : []
  if (spec.topology.members === 1) return postgres.slice(0, 1)
  return [
    ...postgres,
    { name: 'patroni', proof: '/usr/bin/patroni' },
    { name: 'python3-idna', proof: '/usr/lib/python3/dist-packages/idna/__init__.py' },
    { name: 'etcd-server', proof: '/usr/bin/etcd' },
    { name: 'etcd-client', proof: '/usr/bin/etcdctl' },
    { name: 'tini', proof: '/usr/bin/tini' },
    { name: 'haproxy', proof: '/usr/sbin/haproxy' },
    { name: 'pgbouncer', proof: '/usr/sbin/pgbouncer' },
    ...(spec.redis ? [{ name: 'redis-server', proof: '/usr/bin/redis-server' }] : []),
  ]
}
