import { mend } from '../../diagnostic/diagnostic.ts'
import { isLoopback, isLoopbackRange } from '../addresses.ts'
import { asksForCluster } from '../cluster.ts'
import type { SpecFinding } from '../finding.ts'
import { formatPath } from '../path.ts'
import type { Spec } from '../schema.ts'
import { listed, shown } from '../shown.ts'
import { declares, type SpecRule } from './rule.ts'

type AccessRule = Spec['network']['access'][number]

/** True when some role of the rule may connect to some database of the rule. Undeclared names have their own rule. */
function letsAnyoneIn(spec: Spec, rule: AccessRule): boolean {
  const roles = rule.roles ?? Object.keys(spec.roles)
  const databases = rule.databases ?? Object.keys(spec.databases)
  if (roles.length === 0 || databases.length === 0) return true
  return roles.some((name) => {
    const role = declares(spec.roles, name) ? spec.roles[name] : undefined
    return !role?.databases || role.databases.some((database) => databases.includes(database))
  })
}

export const networkUnreachable: SpecRule = {
  id: 'network-unreachable',
  why: 'A rule that can never match leaves somebody outside who was meant to get in.',
  *examine(spec): Iterable<SpecFinding> {
    // In a cluster clients come to the gateway, and the members listen among themselves.
    const cluster = asksForCluster(spec)
    const listen = cluster ? [spec.topology.gateway] : spec.postgres.listen
    const listenPath = cluster ? ['topology', 'gateway'] : ['postgres', 'listen']
    const { access } = spec.network
    const localOnly = listen.every(isLoopback)
    for (const [index, rule] of access.entries()) {
      const path = ['network', 'access', String(index)]
      const remote = rule.from.filter((range) => !isLoopbackRange(range))
      if (localOnly && remote.length > 0) {
        yield {
          code: 'SPEC_CONTRADICTION',
          detail: `${formatPath(path)} lets ${listed(remote)} in, but the server listens on ${listed(listen)} only, where nobody from there arrives`,
          mend: cluster
            ? mend.advice('write an address of this machine that others reach as topology.gateway')
            : mend.edit('postgres.listen', ['*']),
          path: [...path, 'from'],
          involves: [listenPath],
        }
      }
      if (!letsAnyoneIn(spec, rule)) {
        yield {
          code: 'SPEC_CONTRADICTION',
          detail: `${formatPath(path)} lets nobody in: none of its roles may connect to any of its databases${rule.roles ? ` (${listed(rule.roles.map(shown))})` : ''}`,
          mend: mend.advice('add the database to the databases of the role, or change the rule'),
          path,
          involves: [['roles'], ['databases']],
        }
      }
    }
    if (!localOnly && access.length === 0) {
      yield {
        code: 'SPEC_DOUBTFUL',
        detail: `the server listens on ${listed(listen.filter((address) => !isLoopback(address)))}, but network.access lets nobody in from other machines`,
        mend: mend.advice(`say who may connect under network.access, or remove ${formatPath(listenPath)}`),
        path: listenPath,
        involves: [['network', 'access']],
      }
    }
  },
  examples: {
    good: {
      name: 'a',
      postgres: { listen: ['127.0.0.1', '10.0.0.1'] },
      databases: { d: { owner: 'o' } },
      roles: { o: { access: 'owner' } },
      network: {
        access: [{ from: ['10.0.0.0/8'], roles: ['o'], databases: ['d'] }, { from: ['127.0.0.0/8'] }],
      },
    },
    bad: [
      { spec: { name: 'a', network: { access: [{ from: ['10.0.0.0/8'] }] } }, at: 'network.access.0.from' },
      { spec: { name: 'a', postgres: { listen: ['*'] } }, at: 'postgres.listen' },
      {
        spec: {
          name: 'a',
          postgres: { binaries: 'system' },
          topology: { members: 3, gateway: '10.0.0.9' },
        },
        at: 'topology.gateway',
      },
      {
        spec: {
          name: 'a',
          postgres: { binaries: 'system' },
          topology: { members: 3 },
          network: { access: [{ from: ['10.0.0.0/8'] }] },
        },
        at: 'network.access.0.from',
      },
      {
        spec: {
          name: 'a',
          databases: { d: { owner: 'o' }, e: { owner: 'o' } },
          roles: { o: { access: 'owner' }, r: { access: 'readonly', databases: ['e'] } },
          network: { access: [{ from: ['127.0.0.1/32'], roles: ['r'], databases: ['d'] }] },
        },
        at: 'network.access.0',
      },
    ],
  },
}
