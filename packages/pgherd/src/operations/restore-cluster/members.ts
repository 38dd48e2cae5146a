import type { ClusterAccess } from '../../cluster/access.ts'
import { EtcdApi } from '../../cluster/etcd-api.ts'
import { findPrimary } from '../../cluster/find-primary.ts'
import { DiagnosticError, diagnose, mend } from '../../diagnostic/diagnostic.ts'
import { findPostmaster } from '../../hosts/local/supervisor/postmaster-file.ts'
import { clusterOperation, type ClusterOperation } from '../cluster-operation.ts'
import type { OperationContext, Site } from '../context.ts'
import { waitUntil } from '../wait-until.ts'

/** A cluster with what each member should be: units are started as they are declared. */
export interface ClusterWork extends ClusterOperation {
  readonly sites: readonly Site[]
}

const etcdMs = 60_000

/** The cluster of a context. Throws DiagnosticError CLUSTER_ONLY for a single server. */
export function clusterWork(context: OperationContext): ClusterWork {
  return { ...clusterOperation(context, 'restoring its members'), sites: context.sites ?? [] }
}

export function serverSites({ sites }: Pick<ClusterWork, 'sites'>): readonly Site[] {
  return sites.filter(({ member }) => member.kind === 'server')
}

/** The site of a server by name; throws when there is none. */
export function serverSite(work: Pick<ClusterWork, 'sites'>, name: string): Site {
  const site = serverSites(work).find(({ member }) => member.name === name)
  if (!site) throw new Error(`there is no member ${name}`)
  return site
}

/**
 * Stops Patroni and PostgreSQL of every server, the primary last, so that it has nobody to hand over to and its archive
 * receives the last byte. Fine when they are stopped already. Throws DiagnosticError RESTORE_MEMBER_RUNNING when a server
 * is left all the same.
 */
export async function stopServers(work: ClusterWork): Promise<void> {
  const leader = (await findPrimary(work.access))?.name
  const servers = serverSites(work)
  const primary = servers.find(({ member }) => member.name === leader)
  // A long checkpoint at the shutdown would have Patroni kill the server when its patience is over.
  await primary?.host.sql('postgres', [{ text: 'CHECKPOINT', alone: true }]).catch(() => undefined)
  await Promise.all(servers.filter((site) => site !== primary).map(stopServer))
  if (primary) await stopServer(primary)
  for (const { member } of servers) {
    const left = findPostmaster(member.paths.data)
    if (left) throw stillRunning(member.name, left.process.pid)
  }
}

/** The fence would take a Patroni that is gone for a fault. */
async function stopServer({ host }: Site): Promise<void> {
  for (const unit of ['fence', 'patroni']) await host.stopUnit(unit)
}

/** Starts Patroni and the fence of these members; Patroni does the rest. */
export async function startServers(sites: readonly Site[]): Promise<void> {
  await Promise.all(sites.map((site) => startUnits(site, ['patroni', 'fence'])))
}

/**
 * Starts etcd where it is down, as after a machine has been restarted, and waits for a majority. Throws DiagnosticError
 * ETCD_NO_QUORUM.
 */
export async function ensureEtcd(work: ClusterWork): Promise<void> {
  const { access, signal } = work
  if (await hasQuorum(access)) return
  for (const site of work.sites)
    for (const { path, mode, owner } of site.wanted.directories)
      await site.host.makeDirectory(path, mode, owner)
  await Promise.all(serverSites(work).map((site) => startUnits(site, ['etcd'])))
  const agreed = await waitUntil(async () => (await hasQuorum(access)) || undefined, { ms: etcdMs, signal })
  if (agreed) return
  throw new DiagnosticError(
    diagnose('ETCD_NO_QUORUM', {
      detail: `a majority of etcd does not answer within ${etcdMs / 1000} s, and what it knows of the old cluster has to go before the restored one can start`,
      mend: mend.run('pgherd', 'logs', 'etcd'),
    }),
  )
}

async function hasQuorum(access: ClusterAccess): Promise<boolean> {
  return (await new EtcdApi(access).health()).quorum
}

async function startUnits({ host, wanted }: Site, names: readonly string[]): Promise<void> {
  for (const name of names) {
    const unit = wanted.units.find((each) => each.name === name)
    if (unit) await host.startUnit(unit)
  }
}

function stillRunning(member: string, pid: number): DiagnosticError {
  return new DiagnosticError(
    diagnose('RESTORE_MEMBER_RUNNING', {
      detail: `PostgreSQL of ${member} (process ${pid}) does not stop; its data can be moved only when nobody writes to it`,
      mend: mend.advice('find out what holds it (pgherd logs patroni), stop it, then run the restore again'),
      at: { member },
    }),
  )
}
