import type { Member } from '../../topology/topology.ts'
import { findPostmaster } from './supervisor/postmaster-file.ts'
import { stopProcess } from './supervisor/unit-stop.ts'

/**
 * Stops the server of a member whose Patroni has been stopped, when it is still there: Patroni starts it as nobody's child,
 * so that it outlives a Patroni that was killed, and a paused one leaves it on purpose. Without Patroni it must not go on.
 */
export async function stopLeftServer({ kind, paths }: Pick<Member, 'kind' | 'paths'>): Promise<void> {
  const left = kind === 'server' ? findPostmaster(paths.data)?.process : undefined
  if (left) await stopProcess(left, { signal: 'SIGINT', timeoutSeconds: 30, thenSignal: 'SIGQUIT' })
}
