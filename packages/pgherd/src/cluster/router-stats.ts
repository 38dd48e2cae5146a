import { DiagnosticError, diagnose, mend } from '../diagnostic/diagnostic.ts'
import type { RouteView } from '../plan/cluster-view.ts'
import { homeOf } from '../topology/topology.ts'
import { clientCertificate, type ClusterAccess } from './access.ts'
import { ask } from './https.ts'

/** User of HAProxy's statistics page. */
export const statisticsUser = 'pgherd'

/** What each backend of haproxy.cfg is for. */
const routes: Readonly<Record<string, RouteView['route']>> = { primary: 'write', standbys: 'read' }

interface RouterOptions {
  readonly timeoutMs?: number
  readonly signal?: AbortSignal
}

/**
 * Where HAProxy leads clients (its statistics as CSV, https://docs.haproxy.org/2.6/management.html#9.1). Throws
 * DiagnosticError ROUTER_UNREACHABLE when nothing HAProxy would say comes back, and the signal's reason.
 */
export async function routerStats(
  access: ClusterAccess,
  options: RouterOptions = {},
): Promise<readonly RouteView[]> {
  return readOf(access, '/;csv', readStatistics, options)
}

/** The version of the HAProxy that answers, such as `2.6.12`, from its metrics. Throws as `routerStats`. */
export async function routerVersion(access: ClusterAccess, options: RouterOptions = {}): Promise<string> {
  return readOf(access, '/metrics?scope=global', readVersion, options)
}

async function readOf<T>(
  access: ClusterAccess,
  path: string,
  read: (body: string) => T,
  { timeoutMs = 2000, signal }: RouterOptions,
): Promise<T> {
  const { address, ports } = homeOf(access.topology)
  try {
    const { status, body } = await ask({
      method: 'GET',
      host: address,
      port: ports.statistics,
      path,
      tls: { ca: clientCertificate(access).ca },
      auth: `${statisticsUser}:${await access.readSecret('haproxy-statistics')}`,
      timeoutMs,
      ...(signal ? { signal } : {}),
    })
    if (status !== 200) throw new Error(`it answered ${status}`)
    return read(body)
  } catch (error) {
    signal?.throwIfAborted()
    throw new DiagnosticError(
      diagnose('ROUTER_UNREACHABLE', {
        detail: `HAProxy at ${address}:${ports.statistics} does not tell where it leads: ${error instanceof Error ? error.message : String(error)}`,
        mend: mend.run('pgherd', 'logs', 'haproxy'),
      }),
      { cause: error },
    )
  }
}

/** The version among the metrics (haproxy_process_build_info); throws Error when they do not tell it. Pure. */
export function readVersion(metrics: string): string {
  const version = /^haproxy_process_build_info\{[^}]*version="(\d+(?:\.\d+)*)/m.exec(metrics)?.[1]
  if (version === undefined) throw new Error('its metrics do not tell its version')
  return version
}

/** The servers of the two backends; throws Error for anything but HAProxy's CSV. Pure. */
export function readStatistics(csv: string): readonly RouteView[] {
  const [head = '', ...lines] = csv.split('\n')
  if (!head.startsWith('# pxname,')) throw new Error('its answer is not its statistics')
  const names = head.replace(/^# /, '').split(',')
  return lines.flatMap((line): RouteView[] => {
    const values = line.split(',')
    const field = (name: string) => values[names.indexOf(name)] ?? ''
    const route = routes[field('pxname')]
    const member = field('svname')
    if (route === undefined || ['FRONTEND', 'BACKEND', ''].includes(member)) return []
    return [{ route, member, up: field('status').startsWith('UP'), sessions: Number(field('scur')) }]
  })
}
