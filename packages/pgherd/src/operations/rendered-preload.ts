import { configuredPreload } from '../backup/restore/preload.ts'
import { serversOf } from '../topology/topology.ts'
import type { OperationContext } from './context.ts'

/** shared_preload_libraries as the configuration has them, for when no server can be asked. */
export function renderedPreload({
  member,
  topology,
}: Pick<OperationContext, 'member' | 'topology'>): Promise<string> {
  // the gateway of a cluster has no server, and all servers load the same libraries
  const { config } = member.kind === 'gateway' ? (serversOf(topology)[0] ?? member).paths : member.paths
  return configuredPreload(config)
}
