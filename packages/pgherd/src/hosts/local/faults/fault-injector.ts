import type { RunAs } from '../../../topology/host-facts.ts'
import type { Member } from '../../../topology/topology.ts'
import type { FaultInjector } from '../../host.ts'
import { startSupervisor } from '../supervisor/start-supervisor.ts'
import { supervisorPaths } from '../supervisor/supervisor-paths.ts'
import type { Timing } from '../supervisor/timing.ts'
import { isolateMember, rejoinMember } from './isolation.ts'
import { killUntilGone, MemberProcesses, signalAll, untilStopped, type Part } from './member-processes.ts'

export interface FaultOptions {
  readonly member: Member
  readonly runAs: RunAs
  readonly invoker: RunAs
  readonly timing?: Partial<Timing>
}

/** Faults of a member that runs on this machine under its supervisor. */
export function localFaults(options: FaultOptions): FaultInjector {
  const { member, invoker } = options
  const processes = new MemberProcesses(member, supervisorPaths(member.paths.state, invoker.uid))
  const each = (part: Part, signal: NodeJS.Signals) => {
    processes.mainOf(part)
    const done = new Set<number>()
    // twice at least: one that was just forking may have a new child
    for (let before = -1; before !== done.size;) {
      before = done.size
      const found = processes.of(part).filter((pid) => !done.has(pid))
      signalAll(found, signal)
      for (const pid of found) done.add(pid)
    }
  }
  return {
    async isolate(ports) {
      const supervisor = await processes.supervisor()
      const list = () => [...(supervisor === undefined ? [] : [supervisor]), ...processes.all()]
      isolateMember(member, list, ports)
    },
    async rejoin() {
      await Promise.resolve()
      rejoinMember(member)
    },
    async killEverything() {
      const supervisor = await processes.supervisor()
      if (supervisor !== undefined) signalAll([supervisor], 'SIGKILL')
      await killUntilGone(() => processes.all())
    },
    async allowStart() {
      await startSupervisor({ ...options, paths: member.paths })
    },
    async freeze(what) {
      each(what, 'SIGSTOP')
      await untilStopped(() => processes.of(what))
    },
    async thaw(what) {
      await Promise.resolve()
      signalAll(processes.of(what), 'SIGCONT')
    },
    async kill(what) {
      await Promise.resolve()
      signalAll([processes.mainOf(what)], 'SIGKILL')
    },
  }
}
