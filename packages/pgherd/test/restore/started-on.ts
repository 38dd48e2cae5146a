import { spawn, type ChildProcess } from 'node:child_process'
import { mkdirSync, openSync, readFileSync, chownSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import { freePort } from '../../../testbed/src/free-port.ts'
import { unprivilegedAccount } from '../../../testbed/src/unprivileged.ts'
import type { World } from './world.ts'

/** A server started on a restored data directory with nothing but what is in it. */
export class StartedOn implements AsyncDisposable {
  readonly #process: ChildProcess
  readonly #config: pg.ClientConfig

  private constructor(child: ChildProcess, config: pg.ClientConfig) {
    this.#process = child
    this.#config = config
  }

  static async directory({ server }: World, data: string): Promise<StartedOn> {
    const { uid, gid } = unprivilegedAccount()
    const sockets = join(server.root, 'copy-sockets')
    mkdirSync(sockets, { recursive: true })
    chownSync(sockets, uid, gid)
    const port = await freePort()
    const logFile = join(server.root, 'copy.log')
    const log = openSync(logFile, 'a')
    const argv = ['-D', data, '-p', String(port), '-k', sockets]
    const child = spawn(join(server.bin, 'postgres'), argv, {
      uid,
      gid,
      cwd: '/',
      stdio: ['ignore', log, log],
    })
    const started = new StartedOn(child, { ...server.config(), port })
    for (let waited = 0; waited < 20_000; waited += 50) {
      if (child.exitCode !== null) break
      try {
        await started.query('select 1')
        return started
      } catch {
        await sleep(50)
      }
    }
    throw new Error(`no server on ${data}:\n${readFileSync(logFile, 'utf8')}`)
  }

  async query(text: string): Promise<pg.QueryResult> {
    const client = new pg.Client(this.#config)
    client.on('error', () => undefined)
    await client.connect()
    try {
      return await client.query(text)
    } finally {
      await client.end()
    }
  }

  async count(table: string): Promise<number> {
    const { rows } = await this.query(`select count(*)::int as n from ${table}`)
    return (rows[0] as { n: number }).n
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const gone = new Promise((resolve) => this.#process.once('exit', resolve))
    if (this.#process.exitCode !== null) return
    this.#process.kill('SIGQUIT')
    await gone
  }
}
