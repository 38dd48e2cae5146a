import { lstatSync } from 'node:fs'
import { connect } from 'node:net'
import { dirname } from 'node:path'
import { DiagnosticError, diagnose, mend } from '../../../diagnostic/diagnostic.ts'
import type { ControlReply, ControlRequest } from './control-protocol.ts'

/** A server that recovers from a crash replays WAL before it is ready; that can take long. */
const longestChangeMs = 30 * 60_000
const longestStatusMs = 5_000

/** Talks to the supervisor of a state directory, over its control socket. */
export class SupervisorClient {
  readonly #socket: string

  constructor(socket: string) {
    this.#socket = socket
  }

  /** What the supervisor answers; undefined when none listens. Throws DiagnosticError SUPERVISOR_UNREACHABLE when it does not answer. */
  async status(): Promise<Extract<ControlReply, { ok: true }> | undefined> {
    return this.#ask({ do: 'status' }, longestStatusMs)
  }

  /** Has a change made. Throws DiagnosticError SUPERVISOR_UNREACHABLE, UNIT_REFUSED. */
  async request(request: ControlRequest): Promise<Extract<ControlReply, { ok: true }>> {
    const reply = await this.#ask(request, longestChangeMs)
    if (reply) return reply
    throw this.#unreachable('nobody listens there any more')
  }

  async #ask(
    request: ControlRequest,
    timeoutMs: number,
  ): Promise<Extract<ControlReply, { ok: true }> | undefined> {
    const line = await this.#exchange(`${JSON.stringify(request)}\n`, timeoutMs)
    if (line === undefined) return undefined
    const reply = JSON.parse(line) as ControlReply
    if (reply.ok) return reply
    throw new DiagnosticError(
      diagnose('UNIT_REFUSED', {
        detail: `the supervisor could not ${request.do}${'unit' in request ? ` ${request.unit}` : ''}: ${reply.error}`,
        mend: mend.run('pgherd', 'logs'),
      }),
    )
  }

  async #exchange(request: string, timeoutMs: number): Promise<string | undefined> {
    this.#refuseForeign()
    return new Promise((resolve, reject) => {
      let answer = ''
      const socket = connect(this.#socket)
      const timer = setTimeout(
        () => socket.destroy(this.#unreachable(`no answer within ${timeoutMs / 1000} s`)),
        timeoutMs,
      )
      socket.setEncoding('utf8')
      socket.once('connect', () => socket.write(request))
      socket.on('data', (text: string) => {
        answer += text
        const end = answer.indexOf('\n')
        if (end < 0) return
        resolve(answer.slice(0, end))
        socket.destroy()
      })
      socket.once('error', (error) => {
        // a reset: it was killed before it read the request
        const code = 'code' in error ? String(error.code) : ''
        if (['ENOENT', 'ECONNREFUSED', 'ENOTDIR', 'ECONNRESET', 'EPIPE'].includes(code)) resolve(undefined)
        else reject(error instanceof DiagnosticError ? error : this.#unreachable(error.message))
      })
      socket.once('close', () => {
        clearTimeout(timer)
        reject(this.#unreachable('it hung up'))
      })
    })
  }

  /** In /tmp, where long paths lead (supervisor-paths.ts), anybody could listen under the expected name. */
  #refuseForeign(): void {
    const found = lstatSync(dirname(this.#socket), { throwIfNoEntry: false })
    if (found && found.uid !== 0 && found.uid !== process.geteuid?.()) {
      throw this.#unreachable(`its directory belongs to user id ${found.uid}`)
    }
  }

  #unreachable(why: string): DiagnosticError {
    return new DiagnosticError(
      diagnose('SUPERVISOR_UNREACHABLE', {
        detail: `the supervisor at ${this.#socket} cannot be asked: ${why}`,
        mend: mend.run('pgherd', 'up'),
        at: { file: this.#socket },
      }),
    )
  }
}
