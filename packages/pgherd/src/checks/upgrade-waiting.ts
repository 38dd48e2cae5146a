import { diagnose, mend, type Diagnostic } from '../diagnostic/diagnostic.ts'
import { compareVersions } from '../topology/version-order.ts'
import type { Check } from './check.ts'
import type { InstalledObservation, Observation } from './observation.ts'
import { sampleCluster } from './sample-cluster.ts'

interface Facts {
  readonly installed: InstalledObservation
  /** What runs on each server; the only one of a single server has no name here. */
  readonly servers: readonly (InstalledObservation & { readonly name?: string })[]
}

const names = { postgres: 'PostgreSQL', patroni: 'Patroni' } as const

/** A newer version lies on the disk and what runs is the old one, with the faults that the new one mends. */
export const upgradeWaiting: Check<Facts> = {
  id: 'upgrade-waiting',
  about: 'server',
  everySeconds: 60,
  probe: {
    kind: 'observed',
    read: (observation) =>
      observation.installed
        ? { installed: observation.installed, servers: serversOf(observation) }
        : undefined,
  },
  judge({ installed, servers }, { member }) {
    return (Object.keys(names) as (keyof typeof names)[]).flatMap((program): Diagnostic[] => {
      const there = installed[program]
      const behind = servers.filter(({ [program]: running }) => {
        return running !== undefined && there !== undefined && compareVersions(running, there) < 0
      })
      if (there === undefined || behind.length === 0) return []
      const cluster = behind.some(({ name }) => name !== undefined)
      const versions = [...new Set(behind.flatMap(({ [program]: running }) => running ?? []))]
      const whose = versions.map((version) => {
        const servers = behind.filter(({ [program]: running }) => running === version)
        return `${version} on ${servers.map(({ name }) => name ?? member.name).join(' and ')}`
      })
      return [
        diagnose('UPGRADE_WAITING', {
          detail: `${names[program]} ${there} is installed${cluster ? ` in the cluster behind ${member.name}` : ''}, and what runs is ${whose.join(', ')}: faults that the newer version mends are still there, and the next restart, wanted or not, takes it into use.`,
          mend: mend.run('pgherd', 'upgrade'),
          at: { member: member.name },
        }),
      ]
    })
  },
  samples: [
    {
      about: 'the installed version runs',
      facts: { installed: { postgres: '15.20' }, servers: [{ postgres: '15.20' }] },
      expect: [],
    },
    {
      about: 'an unknown version is no finding',
      facts: { installed: { postgres: '15.20', patroni: '3.0.2' }, servers: [{ name: 'pg2' }] },
      expect: [],
    },
    {
      about: 'a single server is behind',
      facts: { installed: { postgres: '15.20' }, servers: [{ postgres: '15.18' }] },
      expect: ['UPGRADE_WAITING'],
    },
    {
      about: 'members of a cluster are behind in both',
      facts: {
        installed: { postgres: '15.20', patroni: '3.3.0' },
        servers: sampleCluster.members.map(({ name }) => ({ name, postgres: '15.9', patroni: '3.0.2' })),
      },
      expect: ['UPGRADE_WAITING', 'UPGRADE_WAITING'],
    },
  ],
}

function serversOf({ cluster, binaries, server }: Observation): Facts['servers'] {
  if (cluster === undefined) return server.state === 'up' ? [{ postgres: binaries.version }] : []
  return (cluster?.members ?? []).map(({ name, postgresVersion, patroniVersion }) => ({
    name,
    ...(postgresVersion === undefined ? {} : { postgres: postgresVersion }),
    ...(patroniVersion === undefined ? {} : { patroni: patroniVersion }),
  }))
}
