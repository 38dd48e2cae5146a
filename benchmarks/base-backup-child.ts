import { readFileSync } from 'node:fs'
import { userInfo } from 'node:os'
import { openRepository } from '../packages/pgherd/src/backup/repository/open-repository.ts'
import { openSealing } from '../packages/pgherd/src/backup/sealing/registry.ts'
import { takeBaseBackup } from '../packages/pgherd/src/backup/stream/base-backup.ts'
import { connectReplication } from '../packages/pgherd/src/backup/stream/replication-connection.ts'
import { secondsOf } from './median.ts'

/** One backup in a process of its own, so that its memory can be told from the benchmark's. */
export interface BackupRequest {
  /** Socket directory. */
  readonly host: string
  readonly port: number
  readonly password: string
  readonly root: string
  readonly systemId: string
  readonly algorithm: 'zstd' | 'gzip' | 'none'
  readonly level: number
}

export interface BackupFigures {
  readonly seconds: number
  readonly maxResidentMegabytes: number
}

process.once('message', (message) => {
  void backUp(message as BackupRequest)
})

async function backUp({
  host,
  port,
  password,
  root,
  systemId,
  algorithm,
  level,
}: BackupRequest): Promise<void> {
  const { username: name, uid, gid, homedir: home } = userInfo()
  const repository = await openRepository({
    root,
    systemId,
    name: 'test',
    sealing: openSealing('none', ''),
    owner: { name, uid, gid, home },
  })
  const seconds = await secondsOf(() =>
    takeBaseBackup({
      connect: (signal) =>
        connectReplication({ host, port, user: 'postgres', applicationName: 'bench', password }, signal),
      // WAL archiving is measured by overhead.ts; here its check is answered as if it had been done
      repository: {
        ...repository,
        wal: async () => ({ ...(await repository.wal()), segments: everySegment }),
      },
      compression: { algorithm, level, at: 'client' },
      takenFrom: 'pg1',
      signal: new AbortController().signal,
      report: () => undefined,
      now: () => new Date(),
      waitForArchived: () => Promise.resolve(),
      onFinding: () => undefined,
    }),
  )
  const figures: BackupFigures = { seconds, maxResidentMegabytes: mostResident() }
  process.send?.(figures, () => process.disconnect())
}

/** Of this process alone: the maximum of getrusage(2) begins with what the parent had when it started this one. */
function mostResident(): number {
  const [, kilobytes] = /^VmHWM:\s+(\d+) kB/m.exec(readFileSync('/proc/self/status', 'utf8')) ?? []
  return Number(kilobytes) / 1024
}

/** Names of all segments of the first 64 GB of timeline 1. */
const everySegment = new Map([
  [1, Array.from({ length: 4096 }, (_, n) => `00000001${hex(n >> 8)}${hex(n & 255)}`)],
])

function hex(value: number): string {
  return value.toString(16).toUpperCase().padStart(8, '0')
}
