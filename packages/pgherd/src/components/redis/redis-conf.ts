import { secretGap } from '../../secrets/secret.ts'
import type { Spec } from '../../spec/schema.ts'
import type { Member } from '../../topology/topology.ts'

/** redis.conf for Redis 6 and 7: TLS only, a password, a bound on memory, every write in the append-only file. */
export function renderRedisConf(
  { paths, address, ports }: Member,
  redis: NonNullable<Spec['redis']>,
): string {
  return `# Written by pgherd; a change by hand is reverted by the next \`pgherd up\`.
bind ${quoted(address)}
protected-mode yes
port 0
tls-port ${ports.redis}
tls-cert-file ${quoted(`${paths.tls}/server.crt`)}
tls-key-file ${quoted(`${paths.tls}/server.key`)}
tls-ca-cert-file ${quoted(`${paths.tls}/ca.crt`)}
tls-protocols "TLSv1.2 TLSv1.3"
# clients show a password, not a certificate
tls-auth-clients no
requirepass ${quoted(secretGap('redis'))}

maxmemory ${redis.memory}
maxmemory-policy allkeys-lru

dir ${quoted(paths.redis)}
appendonly yes
appendfsync everysec
save ""

daemonize no
supervised no
logfile ""
tcp-keepalive 60
`
}

/** An argument as redis.conf has it (sds.c, sdssplitargs): in double quotes, with quotes and backslashes escaped. */
function quoted(text: string): string {
  return `"${text.replaceAll(/["\\]/g, '\\$&')}"`
}
