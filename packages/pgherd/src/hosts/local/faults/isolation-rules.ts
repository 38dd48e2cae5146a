import type { OpenConnection } from './open-connections.ts'

/** A member as the packet filter knows it. */
export interface Isolated {
  readonly address: string
  /** Class of the packets of its processes (net_cls). */
  readonly classId: number
  /** What its processes have open. */
  readonly open: readonly OpenConnection[]
}

/**
 * nftables rules that cut a member off whose members share one machine, so that every packet passes `lo` and most come from
 * 127.0.0.1. Packets of its processes carry a class. They reach its own address, and each such packet is noted by its two
 * ports, which together with the address are the connection; the answers of its own servers go out only to connections that
 * were noted. All else of its processes is dropped, and all that others send to its address. Pure.
 */
export function isolationRules(table: string, { address, classId, open }: Isolated): string {
  return `${removalRules(table)}table inet ${table} {
${ownConnections(address, open)}
  chain output {
    type filter hook output priority 0; policy accept;
    oifname != "lo" accept
    meta cgroup ${classId} jump member
    ip daddr ${address} drop
  }
  chain member {
    ip daddr ${address} update @own { tcp sport . tcp dport } accept
    ip saddr ${address} tcp dport . tcp sport @own accept
    drop
  }
}
`
}

/**
 * The same for some ports alone: no packet passes between the member and the others where one end is a server on such a
 * port, and all else goes on. What the member has open to the servers of others is noted as well, because what they send
 * without being asked, as a watch does, would still arrive. Pure.
 */
export function portIsolationRules(
  table: string,
  { address, classId, open }: Isolated,
  ports: readonly number[],
): string {
  const outside = open
    .filter(({ remote, remotePort }) => remote !== address && ports.includes(remotePort))
    .map(({ remote, localPort, remotePort }) => `${remote} . ${localPort} . ${remotePort}`)
  const cut = `{ ${ports.join(', ')} }`
  return `${removalRules(table)}table inet ${table} {
${ownConnections(address, open)}
${setOf('outside', 'ipv4_addr . inet_service . inet_service', outside)}
  chain output {
    type filter hook output priority 0; policy accept;
    oifname != "lo" accept
    meta cgroup ${classId} jump member
    ip daddr ${address} tcp dport ${cut} drop
    ip saddr . tcp dport . tcp sport @outside drop
  }
  chain member {
    ip daddr ${address} update @own { tcp sport . tcp dport } accept
    tcp dport ${cut} update @outside { ip daddr . tcp sport . tcp dport } drop
    ip saddr ${address} tcp sport ${cut} tcp dport . tcp sport != @own drop
    accept
  }
}
`
}

/** Connections from the member to itself, by their two ports. */
function ownConnections(address: string, open: readonly OpenConnection[]): string {
  const own = open.filter(({ remote }) => remote === address)
  return setOf(
    'own',
    'inet_service . inet_service',
    own.map(({ localPort, remotePort }) => `${localPort} . ${remotePort}`),
  )
}

function setOf(name: string, type: string, elements: readonly string[]): string {
  const given = [...new Set(elements)]
  return `  set ${name} {
    type ${type}
    flags dynamic,timeout
    timeout 1h
    size 65535${given.length > 0 ? `\n    elements = { ${given.join(', ')} }` : ''}
  }`
}

/** Removes the table, whether or not there is one: what is added first can always be deleted. */
export function removalRules(table: string): string {
  return `table inet ${table}\ndelete table inet ${table}\n`
}
