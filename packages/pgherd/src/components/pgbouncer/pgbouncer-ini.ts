import type { RenderInput } from '../component.ts'
import { longestHold } from '../failover-timing.ts'
import { poolerRole, poolerSchema } from '../reserved-names.ts'
import { limitedRoles } from './limited-roles.ts'
import { poolable, readName } from './pool-names.ts'
import { poolSizes, type PoolSize } from './pool-sizes.ts'
import { traitsOf } from './versions.ts'

/** How long a login to a server may take on top of the time the router holds it back in a failover, in seconds. */
const loginSeconds = 10

/**
 * pgbouncer.ini of the gateway: for each database a pool that writes and one that reads, through the router.
 * Throws IDENTIFIER_UNUSABLE for a database no pool can be called after, CONNECTIONS_BELOW_POOL for too few sessions.
 */
export function renderPgbouncerIni({ topology: { spec }, member, facts }: RenderInput): string {
  const { paths, ports, address } = member
  const { pooler } = spec
  const sizes = poolSizes(spec)
  const pools = poolable(Object.keys(spec.databases)).flatMap((database) => {
    const size = sizes.get(database)
    if (!size) return []
    return [
      pool(database, database, address, ports.write, size.write),
      pool(readName(database), database, address, ports.read, size.read),
    ]
  })
  const held = longestHold(spec.topology.failover, facts.programs.patroni?.version ?? '')
  const { preparedStatements } = traitsOf(facts.programs.pgbouncer?.version)
  return `; Written by pgherd; a change by hand is reverted by the next \`pgherd up\`.

[databases]
${pools.join('\n')}

[pgbouncer]
listen_addr = ${address}
listen_port = ${ports.pooler}
listen_backlog = 1024
unix_socket_dir = ${paths.sockets}
unix_socket_mode = 0700

; Passwords are looked up in the database: there is no list of users but the one who looks (auth_user of each
; database; set for all it would be asked for the console too, and a stranger there would hang).
auth_type = hba
auth_hba_file = ${paths.config}/pgbouncer_hba.conf
auth_file = ${paths.config}/userlist.txt
auth_query = SELECT username, password FROM ${poolerSchema}.get_auth($1)
admin_users = ${poolerRole}

; PostgreSQL here takes nothing below TLS 1.3, and so does this.
client_tls_sslmode = require
client_tls_cert_file = ${paths.tls}/server.crt
client_tls_key_file = ${paths.tls}/server.key
client_tls_protocols = tlsv1.3
server_tls_sslmode = verify-full
server_tls_ca_file = ${paths.tls}/ca.crt
server_tls_protocols = tlsv1.3

pool_mode = ${pooler.mode}
max_client_conn = ${pooler.clients}
reserve_pool_timeout = 2
${
  preparedStatements
    ? 'max_prepared_statements = 200'
    : '; Before 1.21 a prepared statement stays with the server session: with pool_mode transaction, clients must not name them.'
}
; JDBC sends it, and its only effect is the number of digits.
ignore_startup_parameters = extra_float_digits

; In a failover clients wait, for a session or for their login, instead of being turned away.
query_wait_timeout = ${pooler.queryWait}
client_login_timeout = ${Math.max(60, pooler.queryWait)}
; The router holds a login back until there is a primary. Given up here, it would count as a failed login, and
; PgBouncer turns new clients away after one.
server_connect_timeout = ${held + loginSeconds}
server_login_retry = 0.5
; A session to a member that lost its role goes as soon as its transaction ends.
server_fast_close = 1
server_check_query = select 1
server_check_delay = 10
server_idle_timeout = 600
server_lifetime = 3600
server_reset_query = DISCARD ALL

; Who vanished without a word is found within a minute.
tcp_keepalive = 1
tcp_keepidle = 30
tcp_keepintvl = 10
tcp_keepcnt = 3
tcp_user_timeout = 60000

; Standard error, which the unit's log is.
logfile =
pidfile =
log_connections = 0
log_disconnections = 0
log_pooler_errors = 1
log_stats = 0
${userLimits(spec)}`
}

/** Roles with a connectionLimit: it holds for all their pools together, since on one server they add up. */
function userLimits(spec: RenderInput['topology']['spec']): string {
  const limited = limitedRoles(spec)
  if (limited.length === 0) return ''
  const lines = limited.map(({ role, limit }) => `${role} = max_user_connections=${limit}`)
  return `
; Sessions of servers over all pools of a role: the limit it has in the database.
[users]
${lines.join('\n')}
`
}

function pool(
  name: string,
  database: string,
  host: string,
  port: number,
  { size, reserve, most }: PoolSize,
): string {
  return `${name} = host=${quoted(host)} port=${port} dbname=${quoted(database)} auth_user=${poolerRole} pool_size=${size} reserve_pool=${reserve} max_db_connections=${most}`
}

/** A value of a connection string (loader.c, cstr_unquote_value). */
function quoted(text: string): string {
  return `'${text.replaceAll("'", "''")}'`
}
