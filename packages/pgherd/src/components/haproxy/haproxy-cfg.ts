import { secretGap } from '../../secrets/secret.ts'
import { serversOf, type Member } from '../../topology/topology.ts'
import type { RenderInput } from '../component.ts'
import { longestHold } from '../failover-timing.ts'

/** Who may see the statistics page and the metrics; the password is the secret `haproxy-statistics`. */
export const statisticsUser = 'pgherd'

/** Sessions on top of what the servers accept, so that a refusal comes from PostgreSQL, which says why. */
const margin = 100

/**
 * Text in weak quotes (HAProxy configuration manual, 2.2 "Quoting and escaping"): a path may hold spaces and
 * quotes, and `$` would name a variable.
 */
export function quoted(text: string): string {
  return `"${text.replaceAll(/["\\$]/g, '\\$&')}"`
}

/** `address:port`, an IPv6 address in brackets. */
function endpoint(address: string, port: number): string {
  return `${address.includes(':') ? `[${address}]` : address}:${port}`
}

/** Where the runtime interface listens; in the directory of sockets, since HAProxy adds a suffix and the kernel allows 107 bytes. */
export function runtimeSocket(member: Member): string {
  return `${member.paths.sockets}/haproxy.sock`
}

/** Longest time a new session is held while nobody, or more than one, says it is the primary. */
export function heldSeconds({ topology: { spec }, facts }: RenderInput): number {
  return longestHold(spec.topology.failover, facts.programs.patroni?.version ?? '')
}

/** haproxy.cfg of the gateway: one port to the primary, one to the standbys, one for statistics. Works from HAProxy 2.4 on. */
export function renderHaproxyCfg(input: RenderInput): string {
  const { topology, member } = input
  const { spec } = topology
  const { paths, ports, address } = member
  const servers = serversOf(topology)
  const accepted = connectionsOf(input)
  const write = accepted + margin
  const read = accepted * servers.length + margin
  const authority = quoted(`${paths.tls}/ca.crt`)
  const server = ({ name, address: at, ports: its }: Member) =>
    `  server ${name} ${endpoint(at, its.postgres)} check port ${its.patroni} check-ssl verify required verifyhost ${name} ca-file ${authority}`
  const list = servers.map(server).join('\n')
  const sentBy =
    (chosen: string) =>
    ({ name }: Member) =>
      `  use-server ${name} if { var(${chosen}) -m str ${name} }`
  return `# Written by pgherd; a change by hand is reverted by the next \`pgherd up\`.
global
  log stderr format timed local0 info
  maxconn ${write + read + margin}
  # After a reload the old process no longer checks its members; what is still open there ends after this.
  hard-stop-after 15m
  # server.crt has its key beside it in server.key
  ssl-load-extra-del-ext
  ssl-default-bind-options ssl-min-ver TLSv1.2
  ssl-default-server-options ssl-min-ver TLSv1.2
  lua-load ${quoted(`${paths.config}/haproxy.lua`)}
  stats socket ${quoted(runtimeSocket(member))} mode 600 level admin
  stats timeout 30s

defaults
  mode tcp
  log global
  option dontlognull
  option tcplog
  timeout connect 3s
  timeout check 2s
  # No idle session of a pool is cut: the longest time HAProxy can count. What is dead is found by keepalive.
  timeout client 24d
  timeout server 24d
  option clitcpka
  clitcpka-idle 30s
  clitcpka-intvl 10s
  clitcpka-cnt 3
  option srvtcpka
  srvtcpka-idle 15s
  srvtcpka-intvl 5s
  srvtcpka-cnt 3
  # A new primary is found within downinter; a lost one after two bad answers, inter and fastinter apart.
  default-server inter 700ms fastinter 250ms downinter 300ms fall 2 rise 1 on-marked-down shutdown-sessions

userlist statistics
  user ${statisticsUser} insecure-password ${quoted(secretGap('haproxy-statistics'))}

frontend write
  bind ${endpoint(address, ports.write)}
  maxconn ${write}
  # until exactly one member says that it is the primary
  tcp-request inspect-delay ${heldSeconds(input) + 5}s
  tcp-request content lua.await_primary
  default_backend primary

frontend read
  bind ${endpoint(address, ports.read)}
  maxconn ${read}
  tcp-request inspect-delay ${heldSeconds(input) + 5}s
  tcp-request content lua.await_reader
  use_backend primary if { var(txn.primary) -m found }
  use_backend standbys if { var(txn.standby) -m found } or { nbsrv(standbys) gt 0 }
  default_backend primary

# 200 only with the leader lock in hand (Patroni REST API, "Health check endpoints"), which it has before PostgreSQL is
# promoted; the role is what PostgreSQL itself says. 3.0 calls it master.
backend primary
  option httpchk
  http-check send meth GET uri /primary
  http-check expect status 200
  http-check expect rstring "\\"role\\": *\\"(primary|master)\\""
  # who was chosen is asked even if this process, the old one after a reload, takes it for down
  force-persist if { var(txn.primary) -m found }
${servers.map(sentBy('txn.primary')).join('\n')}
${list}

# 503 from a standby that is further behind: its sessions are cut, or a pool would go on reading old data.
# The primary says 200 too but takes no new sessions here; so a standby keeps those it has when it is promoted.
backend standbys
  balance leastconn
  option httpchk
  http-check send meth GET uri ${quoted(`/read-only?lag=${spec.routing.readLag}`)}
  http-check expect status 200
  http-check expect rstring "\\"role\\": *\\"replica\\"" error-status L7OKC
  force-persist if { var(txn.standby) -m found }
${servers.map(sentBy('txn.standby')).join('\n')}
${list}

frontend statistics
  mode http
  bind ${endpoint(address, ports.statistics)} ssl crt ${quoted(`${paths.tls}/server.crt`)}
  maxconn ${margin}
  option httplog
  timeout client 30s
  timeout http-request 10s
  http-request auth realm pgherd unless { http_auth(statistics) }
  http-request use-service prometheus-exporter if { path /metrics }
  stats enable
  stats uri /
  stats refresh 10s
`
}

/** Sessions one server accepts: max_connections as tuned, or what the spec asks for where nothing was tuned. */
function connectionsOf({ settings, topology }: RenderInput): number {
  const tuned = settings.find(({ name }) => name === 'max_connections')
  return tuned ? Number(tuned.value) : topology.spec.postgres.connections
}
