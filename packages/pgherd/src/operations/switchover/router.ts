import { once } from 'node:events'
import { connect } from 'node:net'
import { runtimeSocket } from '../../components/haproxy/haproxy-cfg.ts'
import type { Member } from '../../topology/topology.ts'

/**
 * Tells HAProxy at once what its next checks would: that a member is no longer the primary (management manual, "set
 * server"). Spares clients the time between two checks. Its checks go on, so that a mistake lasts for one of them; and
 * where there is no runtime socket, they do it alone.
 */
export async function forgetPrimary(gateway: Member, member: string): Promise<void> {
  const socket = connect(runtimeSocket(gateway))
  socket.on('error', () => undefined)
  try {
    const signal = AbortSignal.timeout(500)
    await once(socket, 'connect', { signal })
    socket.end(`set server primary/${member} health down\n`)
    await once(socket, 'close', { signal })
  } catch {
    // slower by an interval of the checks, not wrong
  } finally {
    socket.destroy()
  }
}
