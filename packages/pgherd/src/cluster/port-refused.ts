import { connect } from 'node:net'

/**
 * True when nobody listens there, which the machine says at once. False for what would have to be waited for: a host that
 * is cut off, a frozen process, or anything else within a second.
 */
export function portRefused(port: number, address: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: address, timeout: 1000 })
    const found = (refused: boolean) => {
      socket.destroy()
      resolve(refused)
    }
    socket.once('connect', () => found(false))
    socket.once('timeout', () => found(false))
    socket.once('error', (error: NodeJS.ErrnoException) => found(error.code === 'ECONNREFUSED'))
  })
}
