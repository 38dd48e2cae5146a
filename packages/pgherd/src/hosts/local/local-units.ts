import { dirname } from 'node:path'
import type { Unit } from '../../components/component.ts'
import { definitionDigest } from '../../components/digest.ts'
import { DiagnosticError, diagnose, mend } from '../../diagnostic/diagnostic.ts'
import type { RunAs } from '../../topology/host-facts.ts'
import type { Member } from '../../topology/topology.ts'
import type { UnitState, WriteHost } from '../host.ts'
import { stopLeftServer } from './left-server.ts'
import { measureVolume } from './machine-facts.ts'
import { runs } from './process-identity.ts'
import { startSupervisor } from './supervisor/start-supervisor.ts'
import { SupervisorClient } from './supervisor/supervisor-client.ts'
import { supervisorPaths } from './supervisor/supervisor-paths.ts'
import type { Timing } from './supervisor/timing.ts'
import { writeDefinition } from './supervisor/unit-definition.ts'
import { tailOf } from './supervisor/unit-log.ts'
import { readRecords } from './supervisor/unit-record.ts'

/** PostgreSQL needs more than this to start: a lock file, and a WAL segment when the next one is due. */
const fullBelowBytes = 2 ** 20

type Units = Pick<WriteHost, 'units' | 'startUnit' | 'stopUnit' | 'restartUnit' | 'reloadUnit'>

export interface LocalUnitsOptions {
  readonly member: Member
  readonly runAs: RunAs
  readonly invoker: RunAs
  readonly timing?: Partial<Timing>
}

/** Units of this machine, run by the supervisor of the member's state directory. */
export function localUnits(options: LocalUnitsOptions): Units {
  const { member, invoker } = options
  const { paths } = member
  const own = supervisorPaths(paths.state, invoker.uid)

  const change = async (action: 'start' | 'restart', unit: Unit): Promise<void> => {
    writeDefinition(paths.units, { unit, digest: definitionDigest(unit) })
    const client = await startSupervisor({ ...options, paths })
    const { units } = await client.request({ do: action, unit: unit.name })
    const state = units.find(({ name }) => name === unit.name)
    if (state?.state !== 'running') throw notStarted(member.name, unit, state)
  }

  return {
    async units() {
      const reply = await new SupervisorClient(own.socket).status()
      return reply?.units ?? unsupervised(own.record)
    },
    startUnit: (unit) => change('start', unit),
    restartUnit: (unit) => change('restart', unit),
    async stopUnit(name) {
      // also when no supervisor runs: one is started, which finds what is left and stops it
      const client = await startSupervisor({ ...options, paths })
      await client.request({ do: 'stop', unit: name })
      if (name === 'patroni') await stopLeftServer(member)
    },
    async reloadUnit(unit) {
      const client = await startSupervisor({ ...options, paths })
      await client.request({ do: 'reload', unit: unit.name })
    },
  }
}

/** What is known without a supervisor: the processes it left behind. */
function unsupervised(record: string): UnitState[] {
  return Object.entries(readRecords(record)).map(
    ([name, { process, since, definition, restarts, lastExit }]) =>
      process && runs(process)
        ? {
            name,
            state: 'running',
            supervised: false,
            pid: process.pid,
            restarts,
            ...(since ? { since } : {}),
            ...(definition ? { definition } : {}),
          }
        : { name, state: 'stopped', supervised: false, restarts, ...(lastExit ? { lastExit } : {}) },
  )
}

function notStarted(member: string, unit: Unit, state: UnitState | undefined): DiagnosticError {
  const how = state?.lastExit ?? `it is ${state?.state ?? 'unknown to the supervisor'}`
  const tail = tailOf(unit.logFile, 6)
  // a server on a full disk can write down nothing of why it ends, at most a line of its logging collector
  if (measureVolume(unit.logFile).freeBytes < fullBelowBytes)
    return new DiagnosticError(
      diagnose('DISK_FULL', {
        detail: `${unit.name} ${how}: no space is left on the volume of ${dirname(unit.logFile)}; the supervisor goes on trying`,
        mend: mend.run('df', '-h', dirname(unit.logFile)),
        at: { member, file: unit.logFile },
      }),
    )
  return new DiagnosticError(
    diagnose('UNIT_NOT_STARTED', {
      detail: `${unit.name} ${how}; the supervisor goes on trying.${tail === '' ? '' : ` Its log ends:\n${tail}`}`,
      mend: mend.run('pgherd', 'logs', unit.name),
      at: { member, file: unit.logFile },
    }),
  )
}
