import { DiagnosticError, diagnose, mend } from '../../diagnostic/diagnostic.ts'
import { readArchived } from '../../backup/read-archived.ts'
import { walGaps } from '../../backup/window.ts'
import { readName } from '../../components/pgbouncer/pool-names.ts'
import { connectTo } from '../../cluster/connect.ts'
import { observeCluster } from '../../cluster/observe-cluster.ts'
import { lockHolder } from '../../cluster/read-dcs.ts'
import { clusterOperation } from '../cluster-operation.ts'
import type { OperationContext, Site } from '../context.ts'
import { openRepositoryOf } from '../open-repository.ts'
import { proveBackup } from '../prove.ts'
import { faultsOf } from './faults-of.ts'
import type { ArchiveState, DrillWorld } from './world.ts'

/**
 * The cluster of a context as drills see it. Throws DiagnosticError CLUSTER_ONLY for a single server, and
 * DRILL_UNAVAILABLE when the spec declares no database.
 *
 * @param parts operations of other folders, which the caller brings along
 */
export function drillWorld(context: OperationContext, parts: Pick<DrillWorld, 'switchover'>): DrillWorld {
  const { access, signal, report, now } = clusterOperation(context, 'a drill')
  const { spec, topology } = context
  const sites = context.sites ?? []
  const [database, declared] = Object.entries(spec.databases)[0] ?? []
  if (database === undefined || declared === undefined) throw nothingToWriteTo()
  // as an application comes: the pools let in declared roles alone, and none of our own
  const probeRole = declared.owner
  const client = { user: probeRole, secret: `role-${probeRole}`, applicationName: 'pgherd_probe' }
  const monitor = { user: 'pgherd_monitor', secret: 'role-pgherd_monitor', applicationName: 'pgherd_probe' }
  return {
    topology,
    sites: sites.map((site) => ({ ...site, faults: faultsOf(site.host) })),
    observe: () => observeCluster(access),
    endpoints: {
      write: () => connectTo(access, 'pool', { ...client, database }),
      read: () => connectTo(access, 'pool', { ...client, database: readName(database) }),
      // a database of its own may be gone with a fault; this one is always there
      member: (member) => () => connectTo(access, member, { ...monitor, database: 'postgres' }),
    },
    probeRole,
    database,
    signal,
    report,
    now,
    ...(parts.switchover ? { switchover: parts.switchover } : {}),
    prove: () => proveBackup(context, { duringDrill: true }),
    archive: () => archiveState(context),
    lockHolder: () => lockHolder(access),
    issueCertificate: (member, lifetimeSeconds) => issue(sites, member, lifetimeSeconds),
  }
}

function nothingToWriteTo(): DiagnosticError {
  return new DiagnosticError(
    diagnose('DRILL_UNAVAILABLE', {
      detail: 'the spec declares no database, so there is none that clients could write to',
      mend: mend.advice('declare a database and its owner below `databases` and `roles`'),
      at: { path: 'databases' },
    }),
  )
}

async function archiveState(context: OperationContext): Promise<ArchiveState> {
  const archived = await readArchived(await openRepositoryOf(context))
  const gaps = walGaps(archived).map(
    ({ timeline, missing }) => `timeline ${timeline} lacks ${missing.slice(0, 3).join(', ')}`,
  )
  const newest = [...archived.wal.segments.values()].flat().toSorted().at(-1)
  return { gaps, newest }
}

/** A good certificate is left as it is, so that a short one takes the place of none. */
async function issue(
  sites: readonly Site[],
  member: string,
  lifetimeSeconds: number | undefined,
): Promise<void> {
  const site = sites.find((each) => each.member.name === member)
  if (!site) throw new Error(`there is no member ${member}`)
  const { certificate } = site.wanted
  if (lifetimeSeconds === undefined) return await site.tools.certificates.issue(certificate)
  await site.host.removeOwned(`${certificate.directory}/${certificate.name}.crt`)
  await site.tools.certificates.issue({ ...certificate, lifetimeSeconds })
}
