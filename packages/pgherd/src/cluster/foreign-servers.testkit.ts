import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createServer as createTcpServer, type Server, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createServer as createTlsServer } from 'node:tls'
import { makeCertificates } from '@pgherd/testbed/bare-cluster-certificates.ts'
import { clusterAddresses } from '@pgherd/testbed/cluster-addresses.ts'
import { homeOf } from '../topology/topology.ts'
import type { ClusterAccess } from './access.ts'
import { accessAt } from './bare-access.testkit.ts'

/**
 * What a foreign server says: over TLS with a certificate of our CA (`document` answers each request with a body,
 * `silent` with nothing), or as plain text at once.
 */
export type ForeignAnswer =
  | { readonly kind: 'document'; readonly status?: number; readonly type: string; readonly body: string }
  | { readonly kind: 'silent' }
  | { readonly kind: 'plain'; readonly text: string }

/**
 * Mock: servers that are none of a cluster's programs, on all the ports of a cluster. The real programs cannot be made to
 * answer like this; what they do say is tested on a BareCluster.
 */
export class ForeignServers implements AsyncDisposable {
  readonly access: ClusterAccess
  answer: ForeignAnswer = { kind: 'silent' }
  readonly #root: string
  readonly #servers: Server[] = []
  readonly #sockets = new Set<Socket>()
  readonly #release: () => PromiseLike<void>

  private constructor(access: ClusterAccess, root: string, release: () => PromiseLike<void>) {
    this.access = access
    this.#root = root
    this.#release = release
  }

  static async start(): Promise<ForeignServers> {
    const addresses = await clusterAddresses()
    const root = mkdtempSync(join(tmpdir(), 'pgf-'))
    const { gateway } = addresses
    const members = addresses.members.slice(0, 3)
    await makeCertificates(
      join(root, 'authority'),
      [gateway, ...members].map((address) => ({
        name: address,
        address,
        directory: address === gateway ? join(root, 'tls') : join(root, address),
      })),
      gateway,
    )
    const secrets = { 'patroni-api': 'x', 'haproxy-statistics': 'x', 'role-pgherd_pooler': 'x' }
    const access = accessAt({ name: 'foreign', root, gateway, addresses: members, secrets })
    const foreign = new ForeignServers(access, root, () => addresses[Symbol.asyncDispose]())
    const { ports } = homeOf(access.topology)
    for (const address of members)
      for (const port of [ports.patroni, ports.etcdClient])
        await foreign.#listen(address, port, join(root, address))
    for (const port of [ports.statistics, ports.pooler])
      await foreign.#listen(gateway, port, join(root, 'tls'))
    return foreign
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.#sockets) socket.destroy()
    await Promise.all(this.#servers.map((server) => new Promise((resolve) => server.close(resolve))))
    rmSync(this.#root, { recursive: true, force: true })
    await this.#release()
  }

  async #listen(address: string, port: number, pair: string): Promise<void> {
    const file = (name: string) => readFileSync(join(pair, name))
    const secure = createTlsServer({ key: file('server.key'), cert: file('server.crt') }, (socket) => {
      socket.on('error', () => socket.destroy())
      socket.on('data', () => {
        if (this.answer.kind !== 'document') return
        const { status = 200, type, body } = this.answer
        socket.end(
          `HTTP/1.1 ${status} Said\r\ncontent-type: ${type}\r\ncontent-length: ${Buffer.byteLength(body)}\r\nconnection: close\r\n\r\n${body}`,
        )
      })
    })
    secure.on('tlsClientError', () => undefined)
    const server = createTcpServer((socket) => {
      this.#sockets.add(socket)
      socket.once('close', () => this.#sockets.delete(socket))
      socket.on('error', () => socket.destroy())
      if (this.answer.kind === 'plain') socket.end(this.answer.text)
      else secure.emit('connection', socket)
    })
    await new Promise<void>((resolve) => server.listen(port, address, resolve))
    this.#servers.push(server)
  }
}
