import { readFileSync } from 'node:fs'
import { connect, createServer, type Server, type Socket } from 'node:net'
import { ThrowawayServer } from '@pgherd/testbed/throwaway-server.ts'
import pg from 'pg'
import type { SpecInput } from '../../spec/schema.ts'
import type { RenderInput } from '../component.ts'
import { hbaLines } from '../access/lines.ts'
import { declareObjects } from '../postgres/objects/declared.ts'
import { ObjectServer, passwordOf } from '../postgres/objects/server.testkit.ts'
import { RenderedCluster } from '../rendered-cluster.testkit.ts'
import { poolerRole } from '../reserved-names.ts'
import { pgbouncer } from './component.ts'

/** Stands in for the router: sends what comes in to one server, and can hold it back as the router does in a failover. */
class Route implements AsyncDisposable {
  sessions = 0
  held: (() => void)[] | undefined
  readonly #server: Server
  readonly #sockets = new Set<Socket>()

  private constructor(to: number) {
    this.#server = createServer((client) => {
      this.sessions++
      this.#keep(client)
      const pass = () => {
        if (client.destroyed) return
        const server = this.#keep(connect(to, '127.0.0.1'))
        client.pipe(server).pipe(client)
      }
      if (this.held) this.held.push(pass)
      else pass()
    })
  }

  static async open(address: string, port: number, to: number): Promise<Route> {
    const route = new Route(to)
    await new Promise<void>((resolve) => route.#server.listen(port, address, resolve))
    return route
  }

  hold(): void {
    this.held = []
  }

  release(): void {
    const waiting = this.held ?? []
    this.held = undefined
    for (const pass of waiting) pass()
  }

  /** Closes every session, as the router does when a member lost its role. */
  cut(): void {
    for (const socket of this.#sockets) socket.destroy()
  }

  #keep(socket: Socket): Socket {
    this.#sockets.add(socket)
    socket.on('error', () => socket.destroy())
    socket.on('close', () => this.#sockets.delete(socket))
    return socket
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.cut()
    await new Promise((resolve) => this.#server.close(resolve))
  }
}

/** A real PgBouncer before a real PostgreSQL that has what `up` makes on a cluster. */
export class PooledCluster implements AsyncDisposable {
  readonly cluster: RenderedCluster
  readonly objects: ObjectServer
  readonly write: Route
  readonly read: Route

  private constructor(cluster: RenderedCluster, objects: ObjectServer, write: Route, read: Route) {
    this.cluster = cluster
    this.objects = objects
    this.write = write
    this.read = read
  }

  static async start(spec: Omit<SpecInput, 'name'>): Promise<PooledCluster> {
    const cluster = await RenderedCluster.create({ ...spec, postgres: { ...spec.postgres, version: 15 } })
    const { address, ports } = cluster.input('gateway').member
    const member = cluster.input('pg1')
    const { tls } = member.member.paths
    const server = await ThrowawayServer.start({
      major: 15,
      settings: {
        ssl: 'on',
        ssl_cert_file: `${tls}/server.crt`,
        ssl_key_file: `${tls}/server.key`,
        ssl_min_protocol_version: 'TLSv1.3',
      },
      // the test's own superuser, so that what refuses it through the pool is the pool
      hba: ['host all postgres 127.0.0.1/32 scram-sha-256', ...hbaLines(member)],
    })
    const objects = new ObjectServer(server)
    await objects.up(declareObjects(cluster.topology.spec))
    const pooled = new PooledCluster(
      cluster,
      objects,
      await Route.open(address, ports.write, server.port),
      await Route.open(address, ports.read, server.port),
    )
    pooled.render()
    for (const unit of pgbouncer.units(pooled.input)) cluster.start('gateway', unit)
    return pooled
  }

  get input(): RenderInput {
    return this.cluster.input('gateway')
  }

  /** Writes the files of the component as apply would. */
  render(): void {
    for (const file of pgbouncer.files(this.input))
      this.cluster.write({
        ...file,
        contents: file.contents.replaceAll(
          /\{\{secret:role-([^}|]+)(?:\|doubled)?\}\}/g,
          (_gap, role: string) => passwordOf(role),
        ),
      })
  }

  config(user: string, database: string, password = passwordOf(user)): pg.ClientConfig {
    const { address, ports, paths } = this.input.member
    const ca = readFileSync(`${paths.tls}/ca.crt`, 'utf8')
    return { host: address, port: ports.pooler, user, password, database, ssl: { ca } }
  }

  async connect(user: string, database: string, password?: string): Promise<pg.Client & AsyncDisposable> {
    const client = new pg.Client(this.config(user, database, password))
    client.on('error', () => undefined)
    await client.connect()
    return Object.assign(client, { [Symbol.asyncDispose]: () => client.end() })
  }

  /** The session's user, or what the pooler said instead. */
  async login(user: string, database: string, password?: string): Promise<string> {
    try {
      await using client = await this.connect(user, database, password)
      const { rows } = await client.query<{ who: string }>('select session_user::text as who')
      return rows[0]?.who ?? ''
    } catch (error) {
      return `refused: ${(error as Error).message}`
    }
  }

  console(): Promise<pg.Client & AsyncDisposable> {
    return this.connect(poolerRole, 'pgbouncer')
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.cluster.stop('gateway', 'pgbouncer')
    await this.write[Symbol.asyncDispose]()
    await this.read[Symbol.asyncDispose]()
    await this.objects[Symbol.asyncDispose]()
    await this.cluster[Symbol.asyncDispose]()
  }
}
