import { connect, type Socket } from 'node:net'
import type { ServerAccess } from '../server-access.ts'

/** open: answered. absent: nothing listens there. silent: accepted or queued, but no answer. */
export type Knock = { readonly result: 'open' | 'absent' | 'silent'; readonly reason: string | null }

/** SSLRequest: length 8, code 80877103 (PostgreSQL docs 54.7, "Message Formats"). */
const sslRequest = Uint8Array.of(0, 0, 0, 8, 4, 210, 22, 47)

const nobodyThere = new Set(['ECONNREFUSED', 'ENOENT', 'ENOTSOCK'])

/**
 * Asks the postmaster whether it speaks TLS and hangs up at the answer. That makes it accept and fork,
 * which a stopped postmaster cannot, while it costs no slot, no role, no password and no line in the
 * server's log: existing sessions go on working when only the postmaster is frozen, so they prove nothing.
 */
export function knock(
  { door, routed = false }: Pick<ServerAccess, 'door' | 'routed'>,
  signal: AbortSignal,
): Promise<Knock> {
  return new Promise((resolve) => {
    const socket: Socket = connect(door)
    const done = (result: Knock['result'], reason: string | null) => {
      signal.removeEventListener('abort', giveUp)
      socket.destroy()
      resolve({ result, reason })
    }
    const giveUp = () => done('silent', 'no answer in time')
    signal.addEventListener('abort', giveUp, { once: true })
    socket.once('connect', () => socket.write(sslRequest))
    socket.once('data', () => done('open', null))
    socket.once('end', () =>
      routed
        ? done('absent', 'the router leads nowhere: there is no primary')
        : done('silent', 'the connection was closed without an answer'),
    )
    socket.once('error', (error: NodeJS.ErrnoException) =>
      done(
        nobodyThere.has(error.code ?? '') || (routed && error.code === 'ECONNRESET') ? 'absent' : 'silent',
        error.message,
      ),
    )
  })
}
