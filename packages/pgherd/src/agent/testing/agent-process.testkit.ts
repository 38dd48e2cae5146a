import { spawn, type ChildProcess } from 'node:child_process'
import { chownSync, closeSync, mkdirSync, openSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { freePort } from '@pgherd/testbed/free-port.ts'
import type { ThrowawayServer } from '@pgherd/testbed/throwaway-server.ts'
import { unprivilegedAccount } from '@pgherd/testbed/unprivileged.ts'
import { generateBackupKey } from '../../backup/sealing/registry.ts'
import type { AgentFile } from '../../components/agent/agent-file.ts'
import { agentMemoryEnvironment, agentNodeFlags } from '../../components/agent/component.ts'
import { healthFunctions } from '../../components/postgres/health/functions.ts'
import { specSchema, type SpecInput } from '../../spec/schema.ts'
import type { HostFacts } from '../../topology/host-facts.ts'

/** What the unit runs. */
const agentScript = join(import.meta.dirname, '../../../bin/pgherd-agent.js')

export const agentToken = 'token-of-the-agent-test'

/** Rows that let the agent's roles in over the socket, where `up` has peer rows: tests run as another user. */
export const socketTrust = [
  'local all all trust',
  'local replication all trust',
  'host all all 127.0.0.1/32 scram-sha-256',
]

/** The agent as the supervisor runs it, with the directory of a throwaway server as its state directory. */
export class AgentProcess implements AsyncDisposable {
  readonly server: ThrowawayServer
  readonly port: number
  readonly base: string
  readonly log: string
  readonly #file: string
  #child: ChildProcess | undefined

  private constructor(server: ThrowawayServer, port: number) {
    this.server = server
    this.port = port
    this.base = `http://127.0.0.1:${port}`
    this.log = join(server.root, 'agent.log')
    this.#file = join(server.root, 'config', 'agent.json')
  }

  /** Makes roles, functions, secrets and agent.json as `up` does. The server must have been started with `socketTrust`. */
  static async prepare(server: ThrowawayServer, spec: Partial<SpecInput> = {}): Promise<AgentProcess> {
    const agent = new AgentProcess(server, await freePort())
    await server.query('create role pgherd_monitor login in role pg_monitor')
    await server.query('create role pgherd_replication login replication')
    await server.query('create schema pgherd')
    for (const each of healthFunctions(server.major)) await server.query(each.createSql)
    await server.query('grant usage on schema pgherd to pgherd_monitor')
    const account = unprivilegedAccount()
    for (const directory of ['config', 'secrets', 'run', 'tls', 'backups', 'scratch', 'logs']) {
      mkdirSync(join(server.root, directory), { mode: 0o700 })
      chownSync(join(server.root, directory), account.uid, account.gid)
    }
    const secret = (id: string, value: string) => {
      writeFileSync(join(server.root, 'secrets', id), value, { mode: 0o600 })
      chownSync(join(server.root, 'secrets', id), account.uid, account.gid)
    }
    secret('agent-token', agentToken)
    secret('backup-key', await generateBackupKey())
    const user = { name: account.name, uid: account.uid, gid: account.gid, home: server.root }
    const volume = { totalBytes: 1e11, freeBytes: 9e10 }
    const { rows } = await server.query('show server_version')
    const facts: HostFacts = {
      platform: process.platform,
      arch: process.arch,
      memoryBytes: 2 ** 31,
      cpus: 2,
      volumes: { data: volume, repository: volume },
      runAs: user,
      invoker: user,
      programs: {},
      postgres: {
        flavour: 'system',
        major: server.major,
        version: String((rows[0] as { server_version: string }).server_version.split(' ')[0]),
        bin: server.bin,
        tools: {},
        extensions: [],
      },
    }
    const file: AgentFile = {
      spec: specSchema.parse({
        name: 'demo',
        postgres: { version: server.major, port: server.port },
        agent: { port: agent.port },
        ...spec,
      }),
      placement: { state: server.root, sockets: server.sockets },
      facts,
      self: {
        node: process.execPath,
        agentScript,
        fenceScript: '/fence.js',
        drillsScript: '/drills.js',
        commandScript: '/pgherd.js',
        specFile: join(server.root, 'pgherd.yaml'),
      },
    }
    writeFileSync(agent.#file, JSON.stringify(file), { mode: 0o600 })
    return agent
  }

  start(): void {
    const { uid, gid, name } = unprivilegedAccount()
    const log = openSync(this.log, 'a')
    const drop =
      process.getuid?.() === 0 ? { PGHERD_DROP_TO: `${uid}:${gid}:${name}:${this.server.root}` } : {}
    this.#child = spawn(process.execPath, [...agentNodeFlags, agentScript, this.#file], {
      stdio: ['ignore', 'ignore', log],
      cwd: this.server.root,
      env: {
        PATH: process.env['PATH'],
        HOME: this.server.root,
        NODE_ENV: 'production',
        ...agentMemoryEnvironment,
        ...drop,
      },
    })
    closeSync(log)
  }

  get pid(): number {
    if (this.#child?.pid === undefined) throw new Error('the agent is not running')
    return this.#child.pid
  }

  get logText(): string {
    return readFileSync(this.log, 'utf8')
  }

  async get(
    path: string,
    init: RequestInit = {},
  ): Promise<{ readonly status: number; readonly json: unknown }> {
    const response = await fetch(`${this.base}${path}`, { ...init, signal: AbortSignal.timeout(5000) })
    return { status: response.status, json: await response.json() }
  }

  post(path: string): Promise<{ readonly status: number; readonly json: unknown }> {
    return this.get(path, { method: 'POST', headers: { authorization: `Bearer ${agentToken}` } })
  }

  /** Status of /health; 0 while nothing answers. */
  async health(): Promise<number> {
    return (
      (await fetch(`${this.base}/health`, { signal: AbortSignal.timeout(1000) }).catch(() => undefined))
        ?.status ?? 0
    )
  }

  /** A figure of /proc/<pid>/status in bytes, such as VmRSS. */
  memory(field: 'VmRSS' | 'VmHWM'): number {
    const match = new RegExp(`^${field}:\\s+(\\d+) kB`, 'm').exec(
      readFileSync(`/proc/${this.pid}/status`, 'utf8'),
    )
    return Number(match?.[1]) * 1024
  }

  /** Sends a signal and gives the exit code with the seconds it took. */
  async end(
    signal: NodeJS.Signals = 'SIGTERM',
  ): Promise<{ readonly code: number | null; readonly seconds: number }> {
    const child = this.#child
    if (!child || child.exitCode !== null || child.signalCode !== null)
      return { code: child?.exitCode ?? null, seconds: 0 }
    const started = performance.now()
    const gone = new Promise<number | null>((resolve) => child.once('exit', (code) => resolve(code)))
    child.kill(signal)
    return { code: await gone, seconds: (performance.now() - started) / 1000 }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.end('SIGKILL')
  }
}
