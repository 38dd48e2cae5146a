import type { Server } from 'node:http'
import type { Socket } from 'node:net'

/**
 * Bounds connections that have not sent a whole request head: the oldest is cut when there are too
 * many, so that a crowd of silent connections (slowloris) cannot keep /health from being answered.
 */
export function boundHalfOpen(server: Server, most: number): void {
  const waiting = new Set<Socket>()
  // on a TLS server 'connection' is the raw socket and 'secureConnection' what requests come on; both are bounded
  const add = (socket: Socket) => {
    waiting.add(socket)
    socket.once('close', () => waiting.delete(socket))
    const oldest = waiting.values().next()
    if (waiting.size > most && !oldest.done) oldest.value.destroy()
  }
  server.on('connection', add)
  server.on('secureConnection', add)
  server.on('request', (request) => {
    const socket: Socket & { _parent?: Socket } = request.socket
    waiting.delete(socket)
    // a TLS socket of Node wraps the raw one, which is known by its ports
    for (const each of waiting)
      if (each.remotePort === socket.remotePort && each.remoteAddress === socket.remoteAddress)
        waiting.delete(each)
  })
}
