import { execFileSync, spawn, type ChildProcess } from 'node:child_process'
import {
  chmodSync,
  chownSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir, userInfo } from 'node:os'
import { join } from 'node:path'
import { env, execPath } from 'node:process'
import { setTimeout as sleep } from 'node:timers/promises'
import { freePort } from '@pgherd/testbed/free-port.ts'
import { programsOf, type Major } from '@pgherd/testbed/postgres-programs.ts'
import { unprivilegedAccount } from '@pgherd/testbed/unprivileged.ts'
import pg from 'pg'
import { specSchema, type SpecInput } from '../../spec/schema.ts'
import { layOut, homeOf } from '../../topology/topology.ts'
import type { HostFacts } from '../../topology/host-facts.ts'
import { factsOf } from '../../tuning/testdata/facts.ts'
import { tune } from '../../tuning/tune.ts'
import type { RenderInput, Unit } from '../component.ts'
import { postgres } from './component.ts'

/** What this machine has for a major, as a host would find it. */
export function factsHere(major: Major): HostFacts {
  const account = { ...unprivilegedAccount(), home: '/tmp' }
  const { username, uid, gid } = userInfo()
  return factsOf({
    runAs: account,
    invoker: { name: username, uid, gid, home: '/tmp' },
    postgres: {
      major,
      flavour: major === 15 ? 'system' : 'embedded',
      version: `${major}.0`,
      bin: programsOf(major),
    },
  })
}

/** What the component renders from. */
export function renderInputOf(
  input: SpecInput,
  facts: HostFacts,
  placement: { state: string; sockets: string },
): RenderInput {
  const spec = specSchema.parse(input)
  const topology = layOut(spec, placement)
  return {
    topology,
    member: homeOf(topology),
    facts,
    settings: tune(spec, facts).settings,
    self: {
      node: execPath,
      agentScript: '/opt/pgherd/agent.js',
      fenceScript: '/fence.js',
      drillsScript: '/drills.js',
      commandScript: '/pgherd.js',
      specFile: '/srv/shop/pgherd.yaml',
    },
  }
}

/** A real server started from nothing but what the component rendered. */
export class RenderedServer implements AsyncDisposable {
  readonly input: RenderInput
  readonly unit: Unit
  readonly #child: ChildProcess

  private constructor(input: RenderInput, unit: Unit, child: ChildProcess) {
    this.input = input
    this.unit = unit
    this.#child = child
  }

  /** `more`: arguments of the server beside the unit's, such as `-c fsync=off` where durability is not the question. */
  static async start(
    major: Major,
    spec: Omit<SpecInput, 'name'> = {},
    more: readonly string[] = [],
  ): Promise<RenderedServer> {
    const facts = factsHere(major)
    const { uid, gid } = facts.runAs
    // A space and a quote: paths are values too.
    const state = join(mkdtempSync(join(tmpdir(), 'pgr-')), "it's here")
    const sockets = join(state, '..', 's')
    const input = renderInputOf(
      {
        name: 'shop',
        ...spec,
        postgres: { memory: '1GB', ...spec.postgres, version: major, port: await freePort() },
      },
      facts,
      { state, sockets },
    )
    const { paths } = input.member
    chmodSync(join(state, '..'), 0o755)
    for (const path of [state, sockets, paths.config, paths.tls, paths.logs]) {
      mkdirSync(path, { recursive: true, mode: 0o700 })
      chownSync(path, uid, gid)
    }
    const identity = { uid, gid, cwd: '/', env: { PATH: env['PATH'], HOME: '/tmp' } }
    execFileSync(
      join(facts.postgres.bin, 'initdb'),
      [
        '-D',
        paths.data,
        '-U',
        'postgres',
        '-A',
        'peer',
        '-E',
        'UTF8',
        '--locale',
        'C.UTF-8',
        '--no-sync',
        '--data-checksums',
      ],
      {
        ...identity,
        stdio: ['ignore', 'ignore', 'pipe'],
      },
    )
    execFileSync(
      'openssl',
      [
        'req',
        '-x509',
        '-newkey',
        'ec',
        '-pkeyopt',
        'ec_paramgen_curve:prime256v1',
        '-nodes',
        '-days',
        '2',
        '-subj',
        '/CN=localhost',
        '-keyout',
        `${paths.tls}/server.key`,
        '-out',
        `${paths.tls}/server.crt`,
      ],
      { ...identity, stdio: ['ignore', 'ignore', 'pipe'] },
    )
    writeFileSync(`${paths.tls}/ca.crt`, readFileSync(`${paths.tls}/server.crt`))
    chownSync(`${paths.tls}/ca.crt`, uid, gid)
    for (const { path, contents, mode } of postgres.files(input)) {
      writeFileSync(path, contents, { mode })
      chownSync(path, uid, gid)
    }
    const [unit] = postgres.units(input)
    if (!unit) throw new Error('the component has no unit')
    const [program = '', ...argv] = unit.argv
    const log = openSync(unit.logFile, 'a')
    const child = spawn(program, [...argv, ...more], {
      uid,
      gid,
      cwd: unit.workingDirectory,
      env: unit.env,
      stdio: ['ignore', log, log],
    })
    const server = new RenderedServer(input, unit, child)
    await server.#started()
    return server
  }

  async #started(): Promise<void> {
    for (let waited = 0; waited < 30_000; waited += 50) {
      if (this.#child.exitCode !== null) break
      try {
        await this.sql('select 1')
        return
      } catch {
        await sleep(50)
      }
    }
    const log = this.log()
    await this[Symbol.asyncDispose]()
    throw new Error(`the rendered server did not start:\n${log}`)
  }

  /** All it has written, by itself and by its log collector. */
  log(): string {
    const { logs } = this.input.member.paths
    return readdirSync(logs)
      .sort()
      .map((name) => readFileSync(join(logs, name), 'utf8'))
      .join('')
  }

  /** As the superuser over the socket, by the peer map. */
  async sql(text: string, database = 'postgres', user = 'postgres'): Promise<Record<string, unknown>[]> {
    const { member } = this.input
    const client = new pg.Client({ host: member.paths.sockets, port: member.ports.postgres, user, database })
    client.on('error', () => undefined)
    await client.connect()
    try {
      return (await client.query<Record<string, unknown>>(text)).rows
    } finally {
      await client.end()
    }
  }

  /** Who the server takes a client for; `rejected` when a line of pg_hba.conf or none let it in. */
  async login(
    how: 'socket' | 'tls' | 'plain',
    user: string,
    database: string,
    password: string,
  ): Promise<string> {
    const { member } = this.input
    const client = new pg.Client({
      host: how === 'socket' ? member.paths.sockets : '127.0.0.1',
      port: member.ports.postgres,
      user,
      database,
      password,
      ssl: how === 'tls' ? { rejectUnauthorized: false } : false,
    })
    client.on('error', () => undefined)
    try {
      await client.connect()
      const { rows } = await client.query<{ who: string }>('select session_user::text as who')
      return rows[0]?.who ?? ''
    } catch (error) {
      const { code, message } = error as { code?: string; message: string }
      return code === '28000' ? 'rejected' : `${code}: ${message}`
    } finally {
      await client.end().catch(() => undefined)
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#child.exitCode === null && this.#child.signalCode === null) {
      const gone = new Promise((resolve) => this.#child.once('exit', resolve))
      this.#child.kill('SIGQUIT')
      await gone
    }
    rmSync(join(this.input.member.paths.state, '..'), { recursive: true, force: true })
  }
}
