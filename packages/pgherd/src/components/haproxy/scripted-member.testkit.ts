import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createServer as createHttps, type Server as HttpsServer } from 'node:https'
import { createServer, type Server, type Socket } from 'node:net'
import type { Member } from '../../topology/topology.ts'

/** What a member says of itself at its REST interface; `silent` accepts and never answers, `promoting` has the lock only. */
export type Says = 'primary' | 'promoting' | 'standby' | 'lagging' | 'down' | 'silent'

/**
 * A member whose Patroni says what the test wants, even what a real one says for milliseconds only (two primaries,
 * none, a frozen one), with the answers of patroni/api.py 3.0; and a "PostgreSQL" that says its name and echoes.
 */
export class ScriptedMember implements AsyncDisposable {
  says: Says = 'down'
  #postgres: Server | undefined
  readonly #servers: (Server | HttpsServer)[] = []
  readonly #sockets = new Set<Socket>()

  static async start(member: Member, certificateOf: Member = member): Promise<ScriptedMember> {
    const scripted = new ScriptedMember()
    const { tls } = certificateOf.paths
    const patroni = createHttps(
      { cert: readFileSync(`${tls}/server.crt`), key: readFileSync(`${tls}/server.key`) },
      (request, response) => {
        if (scripted.says === 'silent') return
        const { pathname } = new URL(request.url ?? '/', 'https://member')
        const role = scripted.says === 'primary' ? 'master' : 'replica'
        const good = pathname === '/primary' ? ['primary', 'promoting'] : ['primary', 'promoting', 'standby']
        response.writeHead(good.includes(scripted.says) ? 200 : 503, { 'content-type': 'application/json' })
        response.end(JSON.stringify({ state: 'running', role }).replaceAll(':', ': '))
      },
    )
    const postgres = createServer((socket) => {
      socket.on('error', () => undefined)
      socket.write(`${member.name}\n`)
      socket.pipe(socket)
    })
    await scripted.#listen(patroni, member.ports.patroni, member.address)
    await scripted.#listen(postgres, member.ports.postgres, member.address)
    scripted.#postgres = postgres
    return scripted
  }

  /** PostgreSQL is gone, and Patroni does not know yet: its port refuses. */
  async losePostgres(): Promise<void> {
    const closed = new Promise((resolve) => this.#postgres?.close(resolve))
    for (const socket of this.#sockets) socket.destroy()
    await closed
  }

  async #listen(server: Server | HttpsServer, port: number, address: string): Promise<void> {
    server.on('connection', (socket: Socket) => {
      this.#sockets.add(socket)
      socket.once('close', () => this.#sockets.delete(socket))
    })
    server.listen(port, address)
    await once(server, 'listening')
    this.#servers.push(server)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.#sockets) socket.destroy()
    await Promise.all(this.#servers.map((server) => new Promise((resolve) => server.close(resolve))))
  }
}
