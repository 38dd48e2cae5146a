import { existsSync } from 'node:fs'
import type { Spec } from '../../spec/schema.ts'
import type { HostFacts, RunAs } from '../../topology/host-facts.ts'
import type { Member } from '../../topology/topology.ts'
import type { Probe, WriteHost } from '../host.ts'
import { localFaults } from './faults/fault-injector.ts'
import { findPrograms } from './programs.ts'
import { findPostgres } from './binaries.ts'
import { httpGet } from './http-probe.ts'
import { probeIoUring } from './io-uring.ts'
import { execAs } from './local-exec.ts'
import { localFiles } from './local-files.ts'
import { askServer, runStatements } from './local-sql.ts'
import { localUnits } from './local-units.ts'
import { readMachineFacts } from './machine-facts.ts'
import type { Timing } from './supervisor/timing.ts'

export interface LocalHostOptions {
  readonly member: Member
  readonly spec: Spec
  /** From `findRunAs` or `ensureRunAsAccount`. */
  readonly runAs: RunAs
  /** From `findInvoker`. */
  readonly invoker: RunAs
  /** Patience of the supervisor, for tests. */
  readonly timing?: Partial<Timing>
}

/** Looks at and changes the machine this process runs on. */
export function createLocalHost(options: LocalHostOptions): WriteHost {
  const { member, spec, runAs, invoker } = options
  const { paths, ports } = member
  const place = (database: string) => ({ database, socketDirectory: paths.sockets, port: ports.postgres })
  const exec: WriteHost['exec'] = (argv, execOptions) => execAs(runAs, argv, execOptions)
  let facts: Promise<HostFacts> | undefined

  const readFacts = async (): Promise<HostFacts> => {
    const postgres = findPostgres(spec.postgres, { runAs, state: paths.state, prepare: false })
    const usable = runAs.uid >= 0 && existsSync(postgres.bin)
    // the rings are sized by the connections a server allows, which is about twice what the applications open
    const ioUring = usable && (await probeIoUring(postgres, runAs, spec.postgres.connections * 2 + 50))
    return {
      ...readMachineFacts(paths),
      runAs,
      invoker,
      postgres: { ...postgres, ioUring },
      programs: await findPrograms(spec, { cache: `${paths.state}/programs.json` }),
    }
  }

  return {
    member: member.name,
    ...localFiles({ state: paths.state, runAs, invoker }),
    ...localUnits(options),
    faults: localFaults(options),
    // volumes apart, facts do not change while a command runs
    facts: () => (facts ??= readFacts()),
    exec,
    sql: (database, statements) => runStatements(place(database), statements),
    async probe<F>(probe: Probe<F>): Promise<F> {
      switch (probe.kind) {
        case 'sql':
          return probe.parse(await askServer(place(probe.database), probe.text))
        case 'http': {
          const ca = `${paths.tls}/ca.crt`
          const { status, body } = await httpGet(probe.url, probe.timeoutMs, existsSync(ca) ? ca : undefined)
          return probe.parse(status, body)
        }
        case 'exec':
          return probe.parse(await exec(probe.argv))
      }
    },
  }
}
