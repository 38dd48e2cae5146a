import { once } from 'node:events'
import { connect } from 'node:tls'
import type { Member } from '../../topology/topology.ts'

/**
 * Has Redis read its certificate again, which it does for CONFIG SET alone, even to the same path (redis.io, "TLS Support").
 * Throws with what Redis said.
 */
export async function reloadRedis(member: Member, ca: string, password: string): Promise<void> {
  await configure(member, ca, password, [
    ['tls-cert-file', `${member.paths.tls}/server.crt`],
    ['tls-key-file', `${member.paths.tls}/server.key`],
  ])
}

/** Gives Redis another password; sessions that are open stay open (redis.io, "ACL"). Throws with what Redis said. */
export async function changeRedisPassword(
  member: Member,
  ca: string,
  password: { readonly old: string; readonly new: string },
): Promise<void> {
  await configure(member, ca, password.old, [['requirepass', password.new]])
}

/** The password goes over the connection, never into a command line. */
async function configure(
  member: Member,
  ca: string,
  password: string,
  settings: readonly (readonly [name: string, value: string])[],
): Promise<void> {
  const socket = connect({ host: member.address, port: member.ports.redis, ca })
  socket.on('error', () => undefined)
  const signal = AbortSignal.timeout(5000)
  try {
    await once(socket, 'secureConnect', { signal })
    for (const words of [['AUTH', password], ...settings.map((setting) => ['CONFIG', 'SET', ...setting])]) {
      socket.write(command(words))
      const [answer] = (await once(socket, 'data', { signal })) as [Buffer]
      const said = answer.toString('utf8').trim()
      if (said !== '+OK') throw new Error(`Redis said: ${said.slice(0, 200)}`)
    }
  } finally {
    socket.destroy()
  }
}

/** RESP: an array of bulk strings. */
function command(words: readonly string[]): string {
  return `*${words.length}\r\n${words.map((word) => `$${Buffer.byteLength(word)}\r\n${word}\r\n`).join('')}`
}
