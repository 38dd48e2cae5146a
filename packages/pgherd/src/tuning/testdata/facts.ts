import type { HostFacts, PostgresBinaries } from '../../topology/host-facts.ts'
import { GB } from '../size-text.ts'

/** A machine for tests: 8 GB, 4 processors, a volume of 100 GB, PostgreSQL 18 of the system. */
export function factsOf(changes: Partial<Omit<HostFacts, 'postgres'>> & { readonly postgres?: Partial<PostgresBinaries> } = {}): HostFacts {
  const user = { name: 'postgres', uid: 999, gid: 999, home: '/var/lib/postgresql' }
  const volume = { totalBytes: 100 * GB, freeBytes: 80 * GB }
  return {
    platform: 'linux',
    arch: 'x64',
    memoryBytes: 8 * GB,
    cpus: 4,
    volumes: { data: volume, repository: volume },
    runAs: user,
    invoker: { name: 'root', uid: 0, gid: 0, home: '/root' },
    programs: {},
    ...changes,
    postgres: {
      flavour: 'system',
      major: 18,
      version: '18.4',
      bin: '/usr/lib/postgresql/18/bin',
      tools: {},
      extensions: ['amcheck', 'pg_stat_statements', 'pg_trgm', 'pgcrypto', 'uuid-ossp'],
      ...changes.postgres,
    },
  }
}
