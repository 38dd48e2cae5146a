import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import type { Account } from './unprivileged.ts'

/** Patroni's three times, in seconds. */
export interface PatroniTiming {
  readonly ttl: number
  readonly loopWait: number
  readonly retryTimeout: number
}

export interface BareMember {
  readonly name: string
  readonly address: string
  /** Everything of the member. */
  readonly directory: string
  readonly sockets: string
}

/** What the files of a cluster are written from. */
export interface BareLayout {
  readonly name: string
  readonly root: string
  readonly gateway: string
  readonly members: readonly BareMember[]
  readonly timing: PatroniTiming
  readonly synchronous: boolean
  /** Settings of PostgreSQL beyond those a cluster needs. */
  readonly parameters: Readonly<Record<string, string>>
  readonly account: Account
  readonly secrets: Readonly<Record<string, string>>
}

/** The standard ports; every member has an address of its own. */
export const ports = {
  postgres: 5432,
  patroni: 8008,
  etcdClient: 2379,
  etcdPeer: 2380,
  write: 5000,
  read: 5001,
  statistics: 8404,
  pooler: 6432,
} as const

export const postgresBin = '/usr/lib/postgresql/15/bin'

const secretIds = [
  'patroni-api',
  'haproxy-statistics',
  'role-pgherd_replication',
  'role-pgherd_rewind',
  'role-pgherd_monitor',
  'role-pgherd_pooler',
  'role-app',
]

/** A password for each id; letters and digits, so that no file format needs quotes. */
export function newSecrets(): Readonly<Record<string, string>> {
  return Object.fromEntries(secretIds.map((id) => [id, randomBytes(18).toString('hex')]))
}

export function secretOf({ secrets }: Pick<BareLayout, 'secrets'>, id: string): string {
  const value = secrets[id]
  if (value === undefined) throw new Error(`there is no secret ${id}`)
  return value
}

export function dataOf({ directory }: BareMember): string {
  return join(directory, 'postgres', 'data')
}

export function etcdYml({ members, name }: BareLayout, member: BareMember): string {
  const pair = pairOf(member.directory)
  const transport = `{cert-file: ${pair.cert}, key-file: ${pair.key}, trusted-ca-file: ${pair.ca}, client-cert-auth: true}`
  const peer = ({ address }: BareMember) => `https://${address}:${ports.etcdPeer}`
  const client = `https://${member.address}:${ports.etcdClient}`
  return `name: ${member.name}
data-dir: ${member.directory}/etcd
listen-peer-urls: ${peer(member)}
initial-advertise-peer-urls: ${peer(member)}
listen-client-urls: ${client}
advertise-client-urls: ${client}
initial-cluster: ${members.map((each) => `${each.name}=${peer(each)}`).join()}
initial-cluster-token: ${name}
initial-cluster-state: new
enable-grpc-gateway: true
client-transport-security: ${transport}
peer-transport-security: ${transport}
`
}

export function patroniYml(layout: BareLayout, member: BareMember): string {
  const { name, root, members, timing, account, parameters } = layout
  const { ca, cert, key } = pairOf(member.directory)
  const login = (user: string) =>
    `{username: ${user}, password: ${secretOf(layout, `role-${user}`)}, sslmode: verify-full, sslrootcert: ${ca}}`
  const settings = {
    ssl: 'on',
    ssl_cert_file: cert,
    ssl_key_file: key,
    ssl_ca_file: ca,
    password_encryption: 'scram-sha-256',
    unix_socket_directories: member.sockets,
    ...parameters,
  }
  return `scope: ${name}
name: ${member.name}
restapi:
  listen: ${member.address}:${ports.patroni}
  connect_address: ${member.address}:${ports.patroni}
  certfile: ${cert}
  keyfile: ${key}
  cafile: ${ca}
  verify_client: optional
  authentication: {username: pgherd, password: ${secretOf(layout, 'patroni-api')}}
ctl: {cacert: ${ca}, certfile: ${cert}, keyfile: ${key}}
etcd3:
  hosts: [${members.map(({ address }) => `"${address}:${ports.etcdClient}"`).join(', ')}]
  protocol: https
  cacert: ${ca}
  cert: ${cert}
  key: ${key}
bootstrap:
  dcs:
    ttl: ${timing.ttl}
    loop_wait: ${timing.loopWait}
    retry_timeout: ${timing.retryTimeout}
    maximum_lag_on_failover: 1048576
    synchronous_mode: ${layout.synchronous}
    failsafe_mode: true
    postgresql:
      use_pg_rewind: true
      use_slots: true
      parameters: {wal_level: replica, wal_log_hints: "on", max_wal_senders: 10, max_replication_slots: 10, wal_keep_size: 128MB}
  initdb: [{encoding: UTF8}, data-checksums, {locale: C.UTF-8}, {auth-host: scram-sha-256}, {auth-local: peer}]
  post_bootstrap: ${root}/config/post-bootstrap
postgresql:
  listen: ${member.address}:${ports.postgres}
  connect_address: ${member.address}:${ports.postgres}
  data_dir: ${dataOf(member)}
  bin_dir: ${postgresBin}
  pgpass: ${member.directory}/pgpass
  use_unix_socket: true
  basebackup: [{checkpoint: fast}]
  authentication:
    superuser: {username: postgres}
    replication: ${login('pgherd_replication')}
    rewind: ${login('pgherd_rewind')}
  parameters:
${Object.entries(settings)
  .map(([setting, value]) => `    ${setting}: ${JSON.stringify(value)}\n`)
  .join('')}  pg_hba:
    - local all postgres peer map=bare
    - hostssl replication pgherd_replication 127.0.0.0/8 scram-sha-256
    - hostssl all all 127.0.0.0/8 scram-sha-256
  pg_ident:
    - bare ${account.name} postgres
  remove_data_directory_on_rewind_failure: true
  remove_data_directory_on_diverged_timelines: true
`
}

/** Patroni calls it with a connection string once the first server runs. */
export function postBootstrap({ root }: BareLayout): string {
  return `#!/bin/sh -e
exec ${postgresBin}/psql --no-psqlrc --quiet -v ON_ERROR_STOP=1 -d "$1" -f ${root}/config/post-bootstrap.sql
`
}

/** The roles of the cluster itself, and a database `app` with its owner. */
export function postBootstrapSql(layout: BareLayout): string {
  const login = (role: string, more = '') =>
    `create role ${role} login ${more} password '${secretOf(layout, `role-${role}`)}';\n`
  const lookup = `create schema pgherd_pooler;
create function pgherd_pooler.get_auth(text, out username text, out password text)
returns record language sql security definer set search_path = pg_catalog as $$
  select rolname::text, rolpassword from pg_authid
  where rolname = $1 and rolcanlogin and not rolsuper and not rolreplication
$$;
revoke all on function pgherd_pooler.get_auth(text) from public;
grant usage on schema pgherd_pooler to pgherd_pooler;
grant execute on function pgherd_pooler.get_auth(text) to pgherd_pooler;
`
  return `${login('pgherd_replication', 'replication')}${login('pgherd_rewind')}${login('pgherd_monitor')}${login('pgherd_pooler')}${login('app')}
grant pg_monitor to pgherd_monitor;
grant execute on function pg_ls_dir(text, boolean, boolean) to pgherd_rewind;
grant execute on function pg_stat_file(text, boolean) to pgherd_rewind;
grant execute on function pg_read_binary_file(text) to pgherd_rewind;
grant execute on function pg_read_binary_file(text, bigint, bigint, boolean) to pgherd_rewind;
create database app owner app;
${lookup}\\connect app
${lookup}`
}

export function haproxyCfg(layout: BareLayout): string {
  const { members, gateway, root } = layout
  const servers = members
    .map(
      ({ name, address }) =>
        `  server ${name} ${address}:${ports.postgres} port ${ports.patroni} check check-ssl verify required ca-file ${root}/tls/ca.crt\n`,
    )
    .join('')
  return `global
  log stderr format raw local0 notice
  maxconn 4000
defaults
  mode tcp
  log global
  timeout connect 3s
  timeout client 24h
  timeout server 24h
  default-server inter 1s fastinter 500ms downinter 1s fall 2 rise 1 on-marked-down shutdown-sessions
listen primary
  bind ${gateway}:${ports.write}
  option httpchk OPTIONS /primary
  http-check expect status 200
${servers}listen standbys
  bind ${gateway}:${ports.read}
  balance leastconn
  option httpchk OPTIONS /replica?lag=1MB
  http-check expect status 200
${servers}userlist statistics
  user pgherd insecure-password ${secretOf(layout, 'haproxy-statistics')}
frontend statistics
  mode http
  timeout client 30s
  bind ${gateway}:${ports.statistics} ssl crt ${root}/tls/server.pem
  http-request auth realm bare unless { http_auth(statistics) }
  stats enable
  stats uri /
`
}

export function pgbouncerIni({ root, gateway }: BareLayout): string {
  const { ca, cert, key } = pairOf(root)
  return `[databases]
app = host=${gateway} port=${ports.write} dbname=app
app_ro = host=${gateway} port=${ports.read} dbname=app
postgres = host=${gateway} port=${ports.write} dbname=postgres
[pgbouncer]
listen_addr = ${gateway}
listen_port = ${ports.pooler}
unix_socket_dir = ${root}/s
auth_type = scram-sha-256
auth_file = ${root}/config/userlist.txt
auth_user = pgherd_pooler
auth_query = select username, password from pgherd_pooler.get_auth($1)
admin_users = pgherd_pooler
pool_mode = transaction
max_client_conn = 1000
default_pool_size = 20
client_tls_sslmode = require
client_tls_ca_file = ${ca}
client_tls_cert_file = ${cert}
client_tls_key_file = ${key}
server_tls_sslmode = verify-full
server_tls_ca_file = ${ca}
server_login_retry = 1
server_connect_timeout = 3
server_fast_close = 1
query_wait_timeout = 60
ignore_startup_parameters = extra_float_digits
`
}

export function userlist(layout: BareLayout): string {
  return `"pgherd_pooler" "${secretOf(layout, 'role-pgherd_pooler')}"\n`
}

function pairOf(directory: string) {
  const tls = join(directory, 'tls')
  return { ca: `${tls}/ca.crt`, cert: `${tls}/server.crt`, key: `${tls}/server.key` }
}
