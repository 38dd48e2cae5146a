import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import type { ClusterAccess } from '../../cluster/access.ts'
import { DiagnosticError, diagnose, mend } from '../../diagnostic/diagnostic.ts'
import { processScript } from '../../package-files.ts'
import { forgetPause, recordPause } from './paused-file.ts'

/** What the guard's process reads on its standard input, as one line. */
export interface GuardOrder {
  readonly topology: ClusterAccess['topology']
  readonly programs: ClusterAccess['programs']
  readonly secrets: Readonly<Record<string, string>>
  /** After this many milliseconds the pools are resumed whatever happens. */
  readonly atMostMs: number
}

/** What the operator writes when it has resumed the pools itself. */
export const released = 'released'

/** The secret of the administrator of PgBouncer. */
const poolerSecret = 'role-pgherd_pooler'

const readyMs = 20_000

/**
 * A process of its own that resumes the pools when this one dies in the middle, kill -9 included: it holds the other end
 * of a pipe, which the kernel closes then. It also does so when the time is over, should this one be frozen.
 */
export class PauseGuard {
  readonly #child: ChildProcess
  readonly #access: ClusterAccess

  private constructor(child: ChildProcess, access: ClusterAccess) {
    this.#child = child
    this.#access = access
  }

  /** Resolves once the guard has its connection to PgBouncer: only then may the pools be paused. */
  static async start(
    access: ClusterAccess,
    { operation, atMostMs }: { readonly operation: string; readonly atMostMs: number },
  ): Promise<PauseGuard> {
    const script = processScript('operations/switchover/pause-guard-process')
    const child = spawn(process.execPath, [script], {
      detached: true,
      stdio: ['pipe', 'pipe', 'ignore'],
      cwd: '/',
      env: { ...process.env, NODE_NO_WARNINGS: '1' },
    })
    // what the pipe says when the guard is gone is found out below
    child.stdin.on('error', () => undefined)
    const order: GuardOrder = {
      topology: access.topology,
      programs: access.programs,
      secrets: { [poolerSecret]: await access.readSecret(poolerSecret) },
      atMostMs,
    }
    child.stdin.write(`${JSON.stringify(order)}\n`)
    const answer = once(child.stdout, 'data', { signal: AbortSignal.timeout(readyMs) })
    const [said] = (await Promise.race([answer, once(child, 'exit').then(() => [])]).catch(
      () => [],
    )) as unknown[]
    if (String(said).trim() !== 'ready') {
      child.stdin.destroy()
      child.kill('SIGKILL')
      throw new DiagnosticError(
        diagnose('POOLS_PAUSED', {
          detail:
            'the process that would resume the pools, should this one die, cannot reach PgBouncer; so nothing was paused',
          mend: mend.run('pgherd', 'logs', 'pgbouncer'),
        }),
      )
    }
    child.unref()
    recordPause(access.topology, operation, new Date(Date.now() + atMostMs))
    return new PauseGuard(child, access)
  }

  /** To be called when the pools are known to be resumed: the guard then ends without doing anything. */
  release(): void {
    forgetPause(this.#access.topology)
    this.#child.stdin?.end(`${released}\n`)
    this.#child.stdout?.destroy()
  }

  /** Has the guard resume the pools now. For an operation that cannot do it itself. */
  trip(): void {
    this.#child.stdin?.destroy()
    this.#child.stdout?.destroy()
  }
}
