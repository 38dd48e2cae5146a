import { DiagnosticError } from '../diagnostic/diagnostic.ts'
import type { ClusterView, MemberView } from '../plan/cluster-view.ts'
import { serversOf, type Member } from '../topology/topology.ts'
import type { ClusterAccess } from './access.ts'
import { EtcdApi } from './etcd-api.ts'
import { PatroniApi } from './patroni-api.ts'
import { isPrimaryRole, versionText, type PatroniCluster, type PatroniStatus } from './patroni-documents.ts'
import { PoolerAdmin } from './pooler-admin.ts'
import { replayLagSeconds } from './replay-lag.ts'
import { routerStats } from './router-stats.ts'

/** What one Patroni said; undefined parts when it did not. */
interface Said {
  readonly member: Member
  readonly status?: PatroniStatus
  readonly cluster?: PatroniCluster
  readonly config?: Readonly<Record<string, unknown>>
}

export interface ObserveOptions {
  /** How long each question may take, in milliseconds; there are two rounds at most. */
  readonly timeoutMs?: number
  readonly signal?: AbortSignal
}

/**
 * Looks at all parts at once. Never throws for a part that is down or speaks another language: it is missing from the
 * view. Throws only the signal's reason.
 */
export async function observeCluster(
  access: ClusterAccess,
  options: ObserveOptions = {},
): Promise<ClusterView> {
  options.signal?.throwIfAborted()
  const [view, etcd, pools, routes] = await Promise.all([
    askServers(access, options),
    new EtcdApi(access, options).health(),
    orReason(askPooler(access, options)),
    orReason(routerStats(access, options)),
  ])
  options.signal?.throwIfAborted()
  const silent = {
    ...(typeof pools === 'string' ? { pooler: pools } : {}),
    ...(typeof routes === 'string' ? { router: routes } : {}),
  }
  return {
    ...view,
    etcd,
    pools: typeof pools === 'string' ? [] : pools,
    routes: typeof routes === 'string' ? [] : routes,
    ...(Object.keys(silent).length === 0 ? {} : { silent }),
  }
}

/** What Patroni says, and of standbys that seem to be behind, for how long: they are asked themselves. */
async function askServers(access: ClusterAccess, options: ObserveOptions) {
  const servers = serversOf(access.topology)
  const said = await Promise.all(servers.map((member) => askPatroni(access, member, options)))
  const view = viewOf(said)
  const position = said.find(({ member }) => member.name === view.leader)?.status?.xlog?.location
  if (position === undefined) return view
  const members = await Promise.all(
    view.members.map(async (found) => {
      const member = servers.find(({ name }) => name === found.name)
      if (!member || found.role !== 'standby' || (found.lagBytes ?? 0) === 0) return found
      const seconds = await orNothing(replayLagSeconds(access, member, position, options.timeoutMs ?? 2000))
      return seconds === undefined ? found : { ...found, lagSeconds: seconds }
    }),
  )
  return { ...view, members }
}

/** What the Patronis together say. Pure. */
export function viewOf(said: readonly Said[]): Omit<ClusterView, 'etcd' | 'pools' | 'routes' | 'silent'> {
  const primary = said.find(({ status }) => isPrimaryRole(status?.role) && status?.cluster_unlocked !== true)
  const leader =
    primary?.member.name ??
    said
      .flatMap(({ cluster }) => cluster?.members ?? [])
      .find(({ role, state }) => role === 'leader' && state === 'running')?.name
  const cluster = primary?.cluster ?? said.find((each) => each.cluster)?.cluster
  const dynamicConfig = said.map(({ config }) => config).find((config) => config !== undefined)
  const members = said.map((each) => memberView(each, primary, cluster))
  return {
    ...(leader === undefined ? {} : { leader }),
    members,
    paused: cluster?.pause === true || dynamicConfig?.['pause'] === true,
    failsafeActive: said.some(({ status }) => status?.failsafe_mode_is_active === true),
    synchronous: said
      .filter((each) => heldByDcs(each, cluster) !== undefined)
      .map(({ member }) => member.name),
    ...(dynamicConfig ? { dynamicConfig } : {}),
  }
}

function memberView(
  { member, status }: Said,
  primary: Said | undefined,
  cluster: PatroniCluster | undefined,
): MemberView {
  const { name } = member
  const listed = cluster?.members.find((each) => each.name === name)
  if (!status) {
    return {
      name,
      role: 'unreachable',
      state: listed?.state ?? 'unknown',
      sync: 'none',
      pendingRestart: false,
    }
  }
  const isPrimary = isPrimaryRole(status.role)
  // the primary knows best; without one, what was last agreed on holds
  const follows = primary?.status?.replication?.find(({ application_name: from }) => from === name)
  // Patroni 3.0 says `running` of a standby whether or not it streams; the primary knows
  const streams = status.replication_state === 'streaming' || follows?.state === 'streaming'
  const state = !isPrimary && status.state === 'running' && streams ? 'streaming' : status.state
  const lag = isPrimary ? undefined : lagOf(status, primary?.status, listed?.lag)
  const replayed = status.xlog?.replayed_timestamp
  return {
    name,
    role: isPrimary ? 'primary' : 'standby',
    state: state === 'running' && !isPrimary && primary ? 'not streaming' : state,
    ...(status.timeline === undefined ? {} : { timeline: status.timeline }),
    ...(lag === undefined ? {} : { lagBytes: lag }),
    ...(isPrimary || lag === undefined ? {} : { lagSeconds: secondsBehind(lag, replayed) }),
    ...(isPrimary || status.xlog?.replayed_location === undefined
      ? {}
      : { replayed: status.xlog.replayed_location }),
    sync: isPrimary
      ? 'none'
      : follows
        ? syncOf(follows.sync_state)
        : (heldByDcs({ member, status }, cluster) ?? 'none'),
    pendingRestart: status.pending_restart === true,
    ...(status.server_version === undefined ? {} : { postgresVersion: versionText(status.server_version) }),
    patroniVersion: status.patroni.version,
    ...(status.dcs_last_seen === undefined ? {} : { dcsLastSeen: status.dcs_last_seen }),
  }
}

/** The positions were asked at the same moment; where the primary's is unknown, Patroni's own figure has to do. */
function lagOf(
  { xlog }: PatroniStatus,
  primary: PatroniStatus | undefined,
  listed: number | string | undefined,
): number | undefined {
  const [end, replayed] = [primary?.xlog?.location, xlog?.replayed_location]
  if (typeof end === 'number' && typeof replayed === 'number') return Math.max(0, end - replayed)
  return typeof listed === 'number' ? listed : undefined
}

/** With everything replayed a standby is as new as its primary, however long ago the last transaction was. */
function secondsBehind(lagBytes: number, replayed: string | null | undefined): number {
  if (lagBytes === 0 || typeof replayed !== 'string') return 0
  const age = (Date.now() - Date.parse(replayed)) / 1000
  return Number.isFinite(age) ? Math.max(0, age) : 0
}

function syncOf(state: string | null | undefined): MemberView['sync'] {
  return state === 'sync' || state === 'quorum' || state === 'async'
    ? state
    : state === 'potential'
      ? 'async'
      : 'none'
}

/** Whether etcd has a member among those that hold every acknowledged write: what counts when the primary is gone. */
function heldByDcs(
  { member, status }: Said,
  cluster: PatroniCluster | undefined,
): 'sync' | 'quorum' | undefined {
  const role = cluster?.members.find(({ name }) => name === member.name)?.role
  if (role === 'sync_standby' || (!cluster && status?.sync_standby)) return 'sync'
  if (role === 'quorum_standby' || (!cluster && status?.quorum_standby)) return 'quorum'
  return undefined
}

async function askPatroni(access: ClusterAccess, member: Member, options: ObserveOptions): Promise<Said> {
  const api = new PatroniApi(access, member, options)
  const [status, cluster, config] = await Promise.all([
    orNothing(api.status()),
    orNothing(api.cluster()),
    orNothing(api.config()),
  ])
  return {
    member,
    ...(status ? { status } : {}),
    ...(cluster ? { cluster } : {}),
    ...(config ? { config } : {}),
  }
}

async function askPooler(access: ClusterAccess, { timeoutMs = 2000, signal }: ObserveOptions) {
  await using admin = await PoolerAdmin.connect(access, { timeoutMs, ...(signal ? { signal } : {}) })
  return await admin.pools()
}

/** What it gives, or in words why it gives nothing. */
async function orReason<T extends object>(work: Promise<T>): Promise<T | string> {
  try {
    return await work
  } catch (error) {
    if (error instanceof DiagnosticError) return error.diagnostics.map(({ detail }) => detail).join('; ')
    return error instanceof Error ? error.message : String(error)
  }
}

async function orNothing<T>(work: Promise<T>): Promise<T | undefined> {
  try {
    return await work
  } catch {
    return undefined
  }
}
