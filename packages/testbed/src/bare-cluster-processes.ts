import { spawn, type ChildProcess } from 'node:child_process'
import { closeSync, openSync } from 'node:fs'
import { unprivilegedAccount } from './unprivileged.ts'

/** Programs that run for a cluster, each under a name of ours, as the unprivileged account. */
export class ClusterProcesses {
  readonly #home: string
  readonly #children = new Map<string, ChildProcess>()

  constructor(home: string) {
    this.#home = home
  }

  start(name: string, argv: readonly string[], logFile: string): void {
    const [program = '', ...rest] = argv
    const { uid, gid, name: user } = unprivilegedAccount()
    const log = openSync(logFile, 'a')
    const child = spawn(program, rest, {
      ...(process.getuid?.() === 0 ? { uid, gid } : {}),
      cwd: this.#home,
      // without HOME libpq looks for certificates in root's
      env: { HOME: this.#home, USER: user, PATH: '/usr/sbin:/usr/bin:/sbin:/bin', LC_ALL: 'C' },
      stdio: ['ignore', log, log],
      // a Ctrl-C at the terminal is for the test, which then stops its cluster
      detached: true,
    })
    closeSync(log)
    child.on('error', () => undefined)
    this.#children.set(name, child)
  }

  /** Pid of what runs under the name; undefined when it has ended. */
  pid(name: string): number | undefined {
    const child = this.#children.get(name)
    return child && child.exitCode === null && child.signalCode === null ? child.pid : undefined
  }

  /** Resolves when what runs under the name has ended. */
  async ended(name: string): Promise<void> {
    const child = this.#children.get(name)
    if (child && this.pid(name) !== undefined) await new Promise((resolve) => child.once('exit', resolve))
  }

  get names(): readonly string[] {
    return [...this.#children.keys()]
  }
}
