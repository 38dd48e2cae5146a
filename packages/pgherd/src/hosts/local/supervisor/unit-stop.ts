import { setTimeout as sleep } from 'node:timers/promises'
import type { Unit } from '../../../components/component.ts'
import { runs, type ProcessIdentity } from '../process-identity.ts'

/** After the second signal, before SIGKILL; PostgreSQL's immediate shutdown kills its own children after 5 s (server-shutdown). */
const lastPatienceMs = 10_000

/**
 * Ends a process: its signal, the second signal after the timeout, SIGKILL at last. SIGCONT goes with each, because
 * a process that was stopped (SIGSTOP) does not notice anything else.
 */
export async function stopProcess(target: ProcessIdentity, stop: Unit['stop']): Promise<void> {
  const stages = [
    { signal: stop.signal, patienceMs: stop.timeoutSeconds * 1000 },
    ...(stop.thenSignal && stop.thenSignal !== 'SIGKILL'
      ? [{ signal: stop.thenSignal, patienceMs: lastPatienceMs }]
      : []),
    { signal: 'SIGKILL', patienceMs: lastPatienceMs } as const,
  ]
  for (const { signal, patienceMs } of stages) {
    send(target, signal)
    send(target, 'SIGCONT')
    if (await ended(target, patienceMs)) return
  }
  throw new Error(
    `pid ${target.pid} did not end after SIGKILL; it waits in the kernel, most likely for a disk`,
  )
}

function send(target: ProcessIdentity, signal: NodeJS.Signals): void {
  if (!runs(target)) return
  try {
    process.kill(target.pid, signal)
  } catch (error) {
    // it ended between the look and the signal
    if (!(error instanceof Error && 'code' in error && error.code === 'ESRCH')) throw error
  }
}

async function ended(target: ProcessIdentity, patienceMs: number): Promise<boolean> {
  for (const start = Date.now(); Date.now() - start < patienceMs;) {
    if (!runs(target)) return true
    await sleep(20)
  }
  return !runs(target)
}
