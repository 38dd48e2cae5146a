import { once } from 'node:events'
import { connect } from 'node:tls'
import { homeOf } from '../topology/topology.ts'
import { clientCertificate, type ClusterAccess } from './access.ts'

/**
 * Asks Redis for a sign of life as an application does: over TLS, checked against our CA, with its password. Undefined when
 * it gave one, else why not. Never throws.
 */
export async function pingRedis(
  access: ClusterAccess,
  { timeoutMs = 2000 }: { readonly timeoutMs?: number } = {},
): Promise<string | undefined> {
  const { address, ports } = homeOf(access.topology)
  const signal = AbortSignal.timeout(timeoutMs)
  try {
    const password = await access.readSecret('redis')
    const socket = connect({ host: address, port: ports.redis, ca: clientCertificate(access).ca })
    socket.on('error', () => undefined)
    try {
      await once(socket, 'secureConnect', { signal })
      // RESP: an array of bulk strings; the password can hold anything
      socket.write(
        `*2\r\n$4\r\nAUTH\r\n$${Buffer.byteLength(password)}\r\n${password}\r\n*1\r\n$4\r\nPING\r\n`,
      )
      let said = ''
      while (!said.includes('+PONG\r\n') && !/^-/m.test(said)) {
        const [part] = (await once(socket, 'data', { signal })) as [Buffer]
        said += part.toString('latin1')
      }
      const refusal = /^-(.*)$/m.exec(said)?.[1]
      return refusal === undefined ? undefined : `it said: ${refusal.trim().slice(0, 200)}`
    } finally {
      socket.destroy()
    }
  } catch (error) {
    if (signal.aborted) return `no answer within ${timeoutMs / 1000} s`
    return error instanceof Error ? error.message : String(error)
  }
}
