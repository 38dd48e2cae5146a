import { spawn } from 'node:child_process'
import {
  chmodSync,
  existsSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import { freePort } from './free-port.ts'

export interface Run {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
  /** Standard output as JSON; throws with the text when it is none. */
  json<T = Record<string, unknown>>(): T
}

export interface HerdOptions {
  /** Body of the spec below name, ports and target; see `herdSpec`. */
  readonly spec?: string
  /** Added below `postgres:`, each line as it is, two spaces in. */
  readonly postgres?: string
  /** The whole spec instead, such as an example's; its ports are put in by `withPorts`. */
  readonly specText?: string
  /** Where the directory of the herd is made; the temporary directory when left out. */
  readonly parent?: string
  /** Added to the environment of every command. */
  readonly env?: Readonly<Record<string, string>>
  readonly uid?: number
  readonly gid?: number
}

/** A command under way. */
export interface Running {
  readonly pid: number
  kill(signal: NodeJS.Signals): void
  /** Resolves once the output contains the text; throws when the command ends without. */
  saw(text: string): Promise<void>
  /** Hands out what is said on either stream from now on, as it comes. */
  listen(listener: (text: string) => void): void
  readonly done: Promise<Run>
}

interface Ports {
  readonly postgres: number
  readonly agent: number
}

const program = join(import.meta.dirname, '../../pgherd/bin/pgherd.js')

/** A small database with one role of each kind. */
export const herdSpec = `databases:
  app: { owner: app, extensions: [pg_trgm] }
roles:
  app: { access: owner }
  reader: { access: readonly }
  watcher: { access: monitor }
`

/** A pgherd database of its own: directory, ports, state; everything it started is stopped by pid on disposal. */
export class Herd implements AsyncDisposable {
  readonly directory: string
  readonly specFile: string
  readonly ports: Ports
  /** Added to the environment of every command; tests may change it. */
  readonly env: Record<string, string>
  readonly #identity: { uid?: number; gid?: number }
  #name = 'test'
  readonly #urls = new Map<string, { url: string; ca: string }>()

  private constructor(directory: string, ports: Ports, options: HerdOptions) {
    this.directory = directory
    this.env = { ...options.env }
    this.specFile = join(directory, 'pgherd.yaml')
    this.ports = ports
    this.#identity =
      options.uid === undefined
        ? {}
        : { uid: options.uid, ...(options.gid === undefined ? {} : { gid: options.gid }) }
  }

  /** Makes the directory and the spec; starts nothing. */
  static async create(options: HerdOptions = {}): Promise<Herd> {
    const directory = mkdtempSync(join(options.parent ?? tmpdir(), 'herd-'))
    chmodSync(directory, options.uid === undefined ? 0o755 : 0o777)
    const herd = new Herd(directory, { postgres: await freePort(), agent: await freePort() }, options)
    if (options.specText === undefined) herd.writeSpec(options.spec ?? herdSpec, options.postgres ?? '')
    else herd.writeSpecText(options.specText)
    return herd
  }

  writeSpec(body: string, postgres = ''): void {
    const text = `name: test
postgres:
  port: ${this.ports.postgres}
  memory: 512MB
${postgres}agent: { port: ${this.ports.agent} }
${body}`
    writeFileSync(this.specFile, text)
  }

  /** Writes a whole spec, with the ports of this herd. */
  writeSpecText(text: string): void {
    this.#name = /^name: *(\S+)/m.exec(text)?.[1] ?? 'test'
    writeFileSync(this.specFile, withPorts(text, this.ports))
  }

  get state(): string {
    return join(this.directory, '.pgherd', this.#name)
  }

  /** Runs the command line as a user does; never throws for an exit code. */
  run(...args: readonly string[]): Promise<Run> {
    return this.start(...args).done
  }

  /** Starts a command and hands out its process, to be killed in the middle. */
  start(...args: readonly string[]): Running {
    const child = spawn(process.execPath, [program, ...args], {
      cwd: this.directory,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { PATH: process.env['PATH'], HOME: this.directory, NO_COLOR: '1', ...this.env },
      ...this.#identity,
    })
    let stdout = ''
    let stderr = ''
    const watchers = new Set<() => void>()
    const listeners: ((text: string) => void)[] = []
    const hear = (text: string, stream: 'out' | 'err') => {
      if (stream === 'out') stdout += text
      else stderr += text
      for (const watcher of watchers) watcher()
      for (const listener of listeners) listener(text)
    }
    child.stdout.setEncoding('utf8').on('data', (text: string) => hear(text, 'out'))
    child.stderr.setEncoding('utf8').on('data', (text: string) => hear(text, 'err'))
    const saw = (text: string) =>
      new Promise<void>((resolve, reject) => {
        const watcher = () => {
          if (!stdout.includes(text) && !stderr.includes(text)) return
          watchers.delete(watcher)
          resolve()
        }
        watchers.add(watcher)
        watcher()
        child.once('close', () =>
          reject(new Error(`pgherd ${args.join(' ')} ended without "${text}":\n${stdout}\n${stderr}`)),
        )
      })
    const listen = (listener: (text: string) => void) => void listeners.push(listener)
    const done = new Promise<Run>((resolve, reject) => {
      child.once('error', reject)
      // the supervisor inherits nothing, so `close` comes when the command itself is done
      child.once('close', (code, signal) =>
        resolve({
          code: code ?? (signal ? 128 : 4),
          stdout,
          stderr,
          json: <T>() => {
            try {
              return JSON.parse(stdout) as T
            } catch {
              throw new Error(
                `no JSON from pgherd ${args.join(' ')} (exit ${code ?? signal}):\n${stdout}\n${stderr}`,
              )
            }
          },
        }),
      )
    })
    return { pid: child.pid ?? -1, kill: (signal) => void child.kill(signal), saw, listen, done }
  }

  /** `up` without a proof, which most tests do not need; throws when it fails. */
  async up(...args: readonly string[]): Promise<Run> {
    const run = await this.run('up', '--yes', '--no-prove', ...args)
    if (run.code !== 0)
      throw new Error(`up failed with ${run.code}:\n${run.stdout}\n${run.stderr}\n${this.logs()}`)
    return run
  }

  async url(role: string, database?: string): Promise<{ url: string; ca: string }> {
    return (
      await this.run('url', '--role', role, ...(database ? ['--database', database] : []), '--json')
    ).json()
  }

  /** A connection as an application makes it: the URL, the CA, the host verified. */
  async connect(role: string, database?: string): Promise<pg.Client> {
    const { url, ca } = await this.#knownUrl(role, database)
    const plain = new URL(url)
    plain.search = ''
    const client = new pg.Client({
      connectionString: plain.href,
      ssl: { ca: readFileSync(ca, 'utf8') },
      connectionTimeoutMillis: 5000,
    })
    client.on('error', () => undefined)
    await client.connect()
    return client
  }

  /** The URL, asked for again once the password has changed: asking takes longer than most queries. */
  async #knownUrl(role: string, database = ''): Promise<{ url: string; ca: string }> {
    const secret = statSync(join(this.state, 'secrets', `role-${encodeURIComponent(role)}`), {
      throwIfNoEntry: false,
    })
    const key = JSON.stringify([role, database, secret?.ino, secret?.mtimeMs])
    const known = this.#urls.get(key)
    if (known && secret) return known
    const url = await this.url(role, database === '' ? undefined : database)
    this.#urls.set(key, url)
    return url
  }

  /** One query as a role. */
  async query(role: string, text: string, values: unknown[] = []): Promise<pg.QueryResult> {
    const client = await this.connect(role)
    try {
      return await client.query(text, values)
    } finally {
      await client.end()
    }
  }

  /** One query as superuser over the local socket; the tests' user must be let in by the peer map. */
  async admin(text: string, database = 'postgres'): Promise<string> {
    const run = await this.run(
      'psql',
      '--admin',
      '--database',
      database,
      '--',
      '--no-psqlrc',
      '--tuples-only',
      '--no-align',
      '-v',
      'ON_ERROR_STOP=1',
      '-c',
      text,
    )
    if (run.code !== 0) throw new Error(`psql failed: ${run.stderr}`)
    return run.stdout.trim()
  }

  /** Pid of the postmaster from its own file; undefined when there is none. */
  postmaster(): number | undefined {
    const file = join(this.state, 'data', 'postmaster.pid')
    return existsSync(file) ? Number(readFileSync(file, 'utf8').split('\n')[0]) : undefined
  }

  /** The agent's token, which writing requests carry. */
  token(): string {
    return readFileSync(join(this.state, 'secrets', 'agent-token'), 'utf8').trim()
  }

  /** Pids of all processes that have the state directory in their command line, the supervisor's first. */
  processes(): readonly { readonly pid: number; readonly command: string }[] {
    const found: { pid: number; command: string }[] = []
    for (const entry of readdirSync('/proc')) {
      if (!/^\d+$/.test(entry) || Number(entry) === process.pid) continue
      try {
        const command = readFileSync(`/proc/${entry}/cmdline`, 'utf8').replaceAll('\0', ' ')
        // the reaper above a supervisor ends with it
        if (command.includes(this.directory) && !command.startsWith('/usr/bin/tini '))
          found.push({ pid: Number(entry), command })
      } catch {
        // it ended between the listing and the look
      }
    }
    return found.sort(
      (a, b) => Number(b.command.includes('supervisor')) - Number(a.command.includes('supervisor')),
    )
  }

  logs(): string {
    const directory = join(this.state, 'logs')
    if (!existsSync(directory)) return ''
    return readdirSync(directory)
      .map(
        (name) =>
          `--- ${name}\n${readFileSync(join(directory, name), 'utf8').split('\n').slice(-30).join('\n')}`,
      )
      .join('\n')
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (existsSync(this.state)) await this.run('down', '--yes')
    for (let attempt = 0; attempt < 50; attempt++) {
      const left = this.processes()
      if (left.length === 0) break
      for (const { pid } of left) {
        try {
          process.kill(pid, 'SIGCONT')
          process.kill(pid, attempt < 10 ? 'SIGINT' : 'SIGKILL')
        } catch {
          // gone already
        }
      }
      await sleep(100)
    }
    rmSync(this.directory, { recursive: true, force: true })
  }
}

/** Waits until `look` gives a value; throws with what it waited for. */
export async function eventually<T>(
  what: string,
  look: () => Promise<T | undefined> | T | undefined,
  seconds = 20,
): Promise<T> {
  const until = performance.now() + seconds * 1000
  let last: unknown
  while (performance.now() < until) {
    try {
      const value = await look()
      if (value !== undefined) return value
    } catch (error) {
      last = error
    }
    await sleep(100)
  }
  throw new Error(`waited ${seconds} s for ${what}${last instanceof Error ? `: ${last.message}` : ''}`)
}

/** A spec with its two ports replaced, whatever they were. */
export function withPorts(text: string, ports: Ports): string {
  let section = ''
  return text
    .split('\n')
    .map((line) => {
      section = /^(\w+):/.exec(line)?.[1] ?? section
      if (section !== 'postgres' && section !== 'agent') return line
      return line.replace(/\bport: *\d+/, `port: ${ports[section]}`)
    })
    .join('\n')
}
