import type { ClusterAccess } from '../../cluster/access.ts'
import { observeCluster } from '../../cluster/observe-cluster.ts'
import { PoolerAdmin } from '../../cluster/pooler-admin.ts'
import { routerVersion } from '../../cluster/router-stats.ts'
import type { Unit } from '../../components/component.ts'
import type { PackageChange } from '../../hosts/local/upgrade-packages.ts'
import type { ClusterView } from '../../plan/cluster-view.ts'
import type { HostFacts } from '../../topology/host-facts.ts'
import type { OperationSite } from '../cluster-operation.ts'
import { busyOn, type Busy } from './busy.ts'
import { installedWith } from './packages.ts'
import type { MemberVersions, Versions } from './versions.ts'

/** One member, with the units that belong there. */
export type UpgradeSite = OperationSite & { readonly wanted: { readonly units: readonly Unit[] } }

export interface SeenVersions {
  readonly view: ClusterView
  readonly versions: readonly MemberVersions[]
  readonly busy: readonly Busy[]
}

/**
 * What runs, and what restarts would start: of every server and the gateway. `packages` count as installed. Never throws
 * for a program that does not answer: its version is unknown. Throws what finding the installed programs throws.
 */
export async function observeVersions(
  access: ClusterAccess,
  sites: readonly UpgradeSite[],
  packages: readonly PackageChange[] = [],
): Promise<SeenVersions> {
  const servers = sites.filter(({ member }) => member.kind === 'server')
  const [view, gateway, busy] = await Promise.all([
    observeCluster(access),
    gatewayVersions(access),
    Promise.all(servers.map(({ member, host }) => busyOn(member.name, host))),
  ])
  const versions = await Promise.all(
    sites.map(async ({ member, host }): Promise<MemberVersions> => {
      const { name, kind } = member
      const installed = installedWith(installedOf(await host.facts()), packages)
      return { member: name, running: kind === 'gateway' ? gateway : serverVersions(view, name), installed }
    }),
  )
  return { view, versions, busy: busy.flat() }
}

/** What the programs on a machine say. */
export function installedOf({ postgres, programs }: Pick<HostFacts, 'postgres' | 'programs'>): Versions {
  const { patroni, etcd, haproxy, pgbouncer } = programs
  return {
    postgres: postgres.version,
    ...(patroni ? { patroni: patroni.version } : {}),
    ...(etcd ? { etcd: etcd.version } : {}),
    ...(haproxy ? { haproxy: haproxy.version } : {}),
    ...(pgbouncer ? { pgbouncer: pgbouncer.version } : {}),
  }
}

function serverVersions(view: ClusterView, name: string): Versions {
  const member = view.members.find((each) => each.name === name)
  const etcd = view.etcd.members.find((each) => each.name === name)?.version
  return {
    ...(member?.postgresVersion === undefined ? {} : { postgres: member.postgresVersion }),
    ...(member?.patroniVersion === undefined ? {} : { patroni: member.patroniVersion }),
    ...(etcd === undefined ? {} : { etcd }),
  }
}

async function gatewayVersions(access: ClusterAccess): Promise<Versions> {
  const pooler = async () => {
    await using admin = await PoolerAdmin.connect(access)
    return await admin.version()
  }
  const [haproxy, pgbouncer] = await Promise.all([
    routerVersion(access).catch(() => undefined),
    pooler().catch(() => undefined),
  ])
  return {
    ...(haproxy === undefined ? {} : { haproxy }),
    ...(pgbouncer === undefined ? {} : { pgbouncer }),
  }
}
