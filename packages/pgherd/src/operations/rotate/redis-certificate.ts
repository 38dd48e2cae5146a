import { once } from 'node:events'
import { connect } from 'node:tls'
import type { Member } from '../../topology/topology.ts'

/**
 * Has Redis read its certificate again, which it does for CONFIG SET alone, even to the same path (redis.io, "TLS Support").
 * The password goes over the connection, never into a command line. Throws with what Redis said.
 */
export async function reloadRedis(member: Member, ca: string, password: string): Promise<void> {
  const socket = connect({ host: member.address, port: member.ports.redis, ca })
  socket.on('error', () => undefined)
  const signal = AbortSignal.timeout(5000)
  try {
    await once(socket, 'secureConnect', { signal })
    for (const words of [
      ['AUTH', password],
      ['CONFIG', 'SET', 'tls-cert-file', `${member.paths.tls}/server.crt`],
      ['CONFIG', 'SET', 'tls-key-file', `${member.paths.tls}/server.key`],
    ]) {
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
