import { setTimeout as sleep } from 'node:timers/promises'
import type { RunAs } from '../../topology/host-facts.ts'
import type { Member } from '../../topology/topology.ts'
import type { ReadHost } from '../host.ts'
import { stopLeftServer } from './left-server.ts'
import { identify, runs } from './process-identity.ts'
import { startSupervisor } from './supervisor/start-supervisor.ts'
import { SupervisorClient } from './supervisor/supervisor-client.ts'
import { supervisorPaths } from './supervisor/supervisor-paths.ts'

/** How long a supervisor may take to end after its last unit has. */
const patienceMs = 5000

/**
 * Stops every unit, dependents first, and then the supervisor. Gives the names of what ran. A
 * supervisor that died is started once more, since it alone knows how each unit is to be stopped.
 */
export async function stopEverything(
  host: ReadHost,
  member: Member,
  accounts: { runAs: RunAs; invoker: RunAs },
): Promise<readonly string[]> {
  const running = (await host.units()).filter(({ state }) => state !== 'stopped').map(({ name }) => name)
  const socket = supervisorPaths(member.paths.state, accounts.invoker.uid).socket
  const alive = (await new SupervisorClient(socket).status()) !== undefined
  if (running.length === 0 && !alive) {
    await stopLeftServer(member)
    return []
  }
  const client = await startSupervisor({ paths: member.paths, ...accounts })
  const { pid } = await client.request({ do: 'shutdown' })
  const supervisor = identify(pid)
  // it answers before it ends; "stopped" means that nothing is left
  for (
    const until = performance.now() + patienceMs;
    supervisor && runs(supervisor) && performance.now() < until;
  )
    await sleep(20)
  await stopLeftServer(member)
  return running
}
