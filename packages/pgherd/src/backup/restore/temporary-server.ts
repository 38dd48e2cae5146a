import { spawn, type ChildProcess } from 'node:child_process'
import { constants } from 'node:fs'
import {
  access,
  chmod,
  mkdir,
  mkdtemp,
  open,
  readFile,
  realpath,
  rename,
  rm,
  writeFile,
} from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import { DiagnosticError, diagnose, mend } from '../../diagnostic/diagnostic.ts'
import { giveTo, spawnIdentity } from '../../hosts/run-as.ts'
import type { PostgresBinaries, RunAs } from '../../topology/host-facts.ts'
import { adminSession } from './admin-session.ts'
import { parseControlFile, type ControlFile } from './control-file.ts'
import { guardScript } from './guard.ts'
import { renderTemporarySettings, type TemporarySettings } from './temporary-settings.ts'

export interface TemporaryServerOptions {
  readonly postgres: Pick<PostgresBinaries, 'bin' | 'major'>
  /** The restored data directory. */
  readonly data: string
  /** Data directory of the live server, which must be another one. */
  readonly liveData: string
  /** An existing directory for its configuration and log. */
  readonly scratch: string
  readonly runAs: RunAs
  /** Who connects: the user pgherd runs as. */
  readonly invoker: RunAs
  readonly preload: readonly string[]
  readonly sharedBuffersBytes: number
  /** Present: it starts as a standby that replays what restore_command gives it, and never promotes itself. */
  readonly recovery?: TemporarySettings['recovery']
  readonly durable?: boolean
  /** Roles of the database whose sessions are let in, beside the superuser and the reader. */
  readonly users?: readonly string[]
  readonly signal: AbortSignal
}

/** Role under which the user's own checks run: it reads everything and can do nothing else. */
export const readerRole = 'pgherd_proof_reader'

/** Longest path of a socket on Linux and macOS (sun_path), less the name of the socket file. */
const longestSocketDirectory = 103 - '/.s.PGSQL.5432'.length

/**
 * A server on a restored data directory that only this process can reach, through a socket in a private directory. It
 * ends with this object, and with this process however that ends.
 */
export class TemporaryServer implements AsyncDisposable {
  readonly #guard: ChildProcess
  readonly #exited: Promise<void>
  readonly #sockets: string
  readonly #log: string
  readonly data: string
  readonly pid: number

  private constructor(guard: ChildProcess, pid: number, data: string, sockets: string, log: string) {
    this.#guard = guard
    this.#exited =
      guard.exitCode !== null || guard.signalCode !== null
        ? Promise.resolve()
        : new Promise((resolve) => guard.once('exit', () => resolve()))
    this.#sockets = sockets
    this.#log = log
    this.data = data
    this.pid = pid
  }

  /** Starts the server without waiting until it answers. Throws DiagnosticError RESTORE_SERVER_FAILED. */
  static async start(options: TemporaryServerOptions): Promise<TemporaryServer> {
    await refuseLive(options)
    await prepareData(options)
    const { scratch, runAs, postgres, data } = options
    const configuration = join(scratch, 'config')
    const log = join(scratch, 'server.log')
    await makePrivate(configuration, runAs)
    const sockets = await socketDirectory(scratch, runAs)
    await writeConfiguration(options, configuration, sockets)
    const output = await open(log, 'a', 0o600)
    try {
      const program = join(postgres.bin, 'postgres')
      const argv = [program, '-D', data, '-c', `config_file=${join(configuration, 'postgresql.conf')}`]
      const guard = spawn('/bin/sh', ['-c', guardScript, 'pgherd-guard', ...argv], {
        ...spawnIdentity(runAs),
        stdio: ['pipe', 'pipe', output.fd],
        cwd: data,
        detached: true,
        env: { PATH: process.env['PATH'] ?? '/usr/bin:/bin', HOME: runAs.home, LC_ALL: 'C', TZ: 'UTC' },
      })
      const pid = await firstLine(guard)
      return new TemporaryServer(guard, pid, data, sockets, log)
    } finally {
      await output.close()
    }
  }

  get running(): boolean {
    return this.#guard.exitCode === null && this.#guard.signalCode === null
  }

  config(database = 'postgres', user = 'postgres'): pg.ClientConfig {
    return {
      host: this.#sockets,
      port: 5432,
      user,
      database,
      application_name: 'pgherd',
      connectionTimeoutMillis: 5000,
      // The checks of the user see the settings of the user's database.
      ...(user === 'postgres' && { options: adminSession }),
    }
  }

  /** A new connection; the caller ends it. */
  async connect(database = 'postgres', user = 'postgres'): Promise<pg.Client> {
    const client = new pg.Client(this.config(database, user))
    client.on('error', () => undefined)
    await client.connect()
    return client
  }

  /** A connection, or undefined while the server does not take any yet. Throws RESTORE_SERVER_FAILED when it has ended. */
  async tryConnect(): Promise<pg.Client | undefined> {
    if (!this.running) throw await this.failed('ended')
    try {
      return await this.connect()
    } catch {
      return undefined
    }
  }

  /** Waits until the server takes connections. Throws DiagnosticError RESTORE_SERVER_FAILED. */
  async connected(signal: AbortSignal): Promise<pg.Client> {
    for (;;) {
      signal.throwIfAborted()
      const client = await this.tryConnect()
      if (client) return client
      await sleep(25)
    }
  }

  /** The end of the log: what a person needs to see of it. */
  async logTail(lines = 12): Promise<string> {
    const text = await readFile(this.#log, 'utf8')
    const all = text.trimEnd().split('\n')
    const loud = all.filter((line) => /(FATAL|PANIC|ERROR):/.test(line)).slice(-3)
    return [...new Set([...loud, ...all.slice(-lines)])].join('\n')
  }

  async failed(what: string): Promise<DiagnosticError> {
    return new DiagnosticError(
      diagnose('RESTORE_SERVER_FAILED', {
        detail: `the server on the restored data ${what}; the end of its log:\n${await this.logTail()}`,
        mend: mend.advice(
          'read the log above; if the backup itself is at fault, restore an older one and run "pgherd backup"',
        ),
        at: { file: this.#log },
      }),
    )
  }

  /** `fast` writes a clean shutdown; `immediate` is for copies that are thrown away. */
  async stop(how: 'fast' | 'immediate'): Promise<void> {
    if (this.running) {
      this.#signal(how === 'fast' ? 'SIGINT' : 'SIGQUIT')
      const patience = setTimeout(() => this.#signal('SIGKILL'), how === 'fast' ? 600_000 : 10_000)
      await this.#exited
      clearTimeout(patience)
    }
    this.#guard.stdin?.destroy()
    await rm(this.#sockets, { recursive: true, force: true })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop('immediate')
  }

  #signal(name: NodeJS.Signals): void {
    try {
      process.kill(this.pid, name)
    } catch {
      // It has ended by itself.
    }
  }
}

/** Never the directory of the live server, whatever a link says, and none in which a server may be running. */
async function refuseLive({ data, liveData }: TemporaryServerOptions): Promise<void> {
  const [mine, live] = await Promise.all([realpath(data), realpath(liveData).catch(() => liveData)])
  const running = await access(join(data, 'postmaster.pid'), constants.F_OK).then(
    () => true,
    () => false,
  )
  if (mine !== live && !running) return
  throw new DiagnosticError(
    diagnose('RESTORE_DIRECTORY_IN_USE', {
      detail: `${data} is the directory of a server that may be running; a restored copy is never started there`,
      mend: mend.advice('restore into another directory'),
      at: { file: data },
    }),
  )
}

/** What the backup brought along from the live server's configuration must not steer the copy. */
async function prepareData({ data, scratch, runAs, recovery }: TemporaryServerOptions): Promise<void> {
  for (const name of ['standby.signal', 'recovery.signal']) await rm(join(data, name), { force: true })
  if (recovery) {
    await writeFile(join(data, 'standby.signal'), '', { mode: 0o600 })
    await giveTo(join(data, 'standby.signal'), runAs)
  }
  // ALTER SYSTEM writes below the data directory, and what it wrote would override our configuration.
  await rename(join(data, autoConf), join(scratch, autoConf)).catch(ignoreMissing)
}

const autoConf = 'postgresql.auto.conf'

/** Puts the ALTER SYSTEM settings of the backup back where the temporary server took them from. */
export async function returnAutoConf(data: string, scratch: string): Promise<void> {
  await rename(join(scratch, autoConf), join(data, autoConf)).catch(ignoreMissing)
}

function ignoreMissing(error: NodeJS.ErrnoException): void {
  if (error.code !== 'ENOENT') throw error
}

/** The demands of the data directory as it is now: replay may have raised them. */
export async function readControl(data: string): Promise<ControlFile> {
  return parseControlFile(await readFile(join(data, 'global', 'pg_control')))
}

async function writeConfiguration(
  options: TemporaryServerOptions,
  directory: string,
  sockets: string,
): Promise<void> {
  const { invoker, runAs, postgres, data, users = [] } = options
  const files = {
    hbaFile: join(directory, 'pg_hba.conf'),
    identFile: join(directory, 'pg_ident.conf'),
  }
  const settings = renderTemporarySettings({
    ...options,
    ...files,
    socketDirectory: sockets,
    major: postgres.major,
    minimums: (await readControl(data)).minimums,
  })
  const quote = (name: string): string => `"${name.replaceAll('"', '""')}"`
  const roles = ['postgres', readerRole, ...users].map(quote)
  const idents = [...new Set([invoker.name, runAs.name])].flatMap((name) =>
    roles.map((role) => `pgherd ${quote(name)} ${role}\n`),
  )
  await writeFor(runAs, join(directory, 'postgresql.conf'), settings)
  await writeFor(runAs, files.hbaFile, `local all ${roles.join(',')} peer map=pgherd\n`)
  await writeFor(runAs, files.identFile, idents.join(''))
}

async function writeFor(runAs: RunAs, path: string, text: string): Promise<void> {
  await rm(path, { force: true })
  await writeFile(path, text, { mode: 0o600 })
  await giveTo(path, runAs)
}

async function makePrivate(path: string, runAs: RunAs): Promise<void> {
  await mkdir(path, { recursive: true, mode: 0o700 })
  await chmod(path, 0o700)
  await giveTo(path, runAs)
}

async function socketDirectory(scratch: string, runAs: RunAs): Promise<string> {
  const inside = join(scratch, 's')
  const path = inside.length <= longestSocketDirectory ? inside : await mkdtemp(join(tmpdir(), 'pgherd-'))
  await makePrivate(path, runAs)
  return path
}

async function firstLine(guard: ChildProcess): Promise<number> {
  if (!guard.stdout) throw new Error('the guard was started with a pipe')
  const started = new Promise<never>((_, reject) => guard.once('error', reject))
  const line = (async () => {
    for await (const text of createInterface({ input: guard.stdout as NodeJS.ReadableStream }))
      return Number(text)
    throw new Error('the guard of a temporary server ended before it started one')
  })()
  return Promise.race([line, started])
}
