import { unlinkSync } from 'node:fs'
import { createServer, type Server, type Socket } from 'node:net'
import type { UnitState } from '../../host.ts'
import {
  longestRequest,
  parseRequest,
  protocolVersion,
  type ControlReply,
  type ControlRequest,
} from './control-protocol.ts'

export type CarryOut = (request: ControlRequest) => Promise<readonly UnitState[]>

/** More clients than this at once are turned away: there are a command line and an agent, not a crowd. */
const mostClients = 32

/** Listens on the control socket. Only the holder of the supervisor's lock may call it: it removes a socket that is left over. */
export async function serveControl(socket: string, carryOut: CarryOut): Promise<Server> {
  const server = createServer((client) => converse(client, carryOut))
  server.maxConnections = mostClients
  try {
    unlinkSync(socket)
  } catch {
    // there was none
  }
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(socket, resolve)
  })
  return server
}

function converse(client: Socket, carryOut: CarryOut): void {
  let pending = ''
  client.setEncoding('utf8')
  client.on('error', () => client.destroy())
  client.on('data', (text: string) => {
    pending += text
    const lines = pending.split('\n')
    pending = lines.pop() ?? ''
    for (const line of lines)
      void answer(line, carryOut).then((reply) => client.write(`${JSON.stringify(reply)}\n`))
    if (pending.length > longestRequest) client.destroy()
  })
}

async function answer(line: string, carryOut: CarryOut): Promise<ControlReply> {
  const request = line.length > longestRequest ? undefined : parseRequest(line)
  if (!request) return { ok: false, error: 'not a request' }
  try {
    return { ok: true, version: protocolVersion, pid: process.pid, units: await carryOut(request) }
  } catch (error) {
    return { ok: false, error: error instanceof Error ? error.message : String(error) }
  }
}
