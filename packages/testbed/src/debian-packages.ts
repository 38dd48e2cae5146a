/** What the tests need beside npm: PostgreSQL 15 with its programs (16 to 18 come from npm), the programs of a cluster, and the standard tools our files must be readable with. */
export const debianPackages: readonly string[] = [
  'postgresql-15',
  'postgresql-client-15',
  'postgresql-contrib',
  'patroni',
  'python3-idna',
  'etcd-server',
  'etcd-client',
  'tini',
  'haproxy',
  'pgbouncer',
  'redis-server',
  'nftables',
  'openssl',
  'age',
  'faketime',
]
