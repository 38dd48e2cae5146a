import { verifierMatches } from '../../../secrets/scram.ts'
import { clusterProbe, type SqlProbe } from './cluster-probe.ts'
import { contentsProbe } from './contents-probe.ts'
import type { DeclaredObjects } from './declared.ts'
import type { ObservedCluster, ObservedObjects, PasswordState } from './observed.ts'

/** The passwords the spec asks for, as far as they can be read now. */
export interface KnownPasswords {
  readonly byRole: ReadonlyMap<string, string>
  /** Roles whose secret exists but cannot be read here, such as an environment variable that is not set. */
  readonly unreadable: ReadonlySet<string>
}

/**
 * Looks at a running server, as superuser: the cluster, then each declared database there is. The
 * verifiers of passwords are compared here and go no further.
 * @param ask runs a probe; `host.probe` fits.
 */
export async function observeObjects(
  ask: <F>(probe: SqlProbe<F>) => Promise<F>,
  declared: DeclaredObjects,
  passwords: KnownPasswords,
): Promise<ObservedObjects> {
  const cluster = await ask(clusterProbe(declared.major))
  const roles = declared.roles.map(({ name }) => name)
  const contents: { database: string; contents: ObservedObjects['contents'][number]['contents'] }[] = []
  for (const database of declared.databases) {
    const found = cluster.databases.find(({ name }) => name === database.name)
    if (database.kind === 'template' || !found?.allowsConnections || found.connectionLimit === -2) continue
    contents.push({ database: database.name, contents: await ask(contentsProbe(database, roles)) })
  }
  return { ...cluster, roles: cluster.roles.map((role) => judged(role, passwords)), contents }
}

function judged(
  { verifier, ...role }: ObservedCluster['roles'][number],
  passwords: KnownPasswords,
): ObservedObjects['roles'][number] {
  return { ...role, password: passwordState(role.name, verifier, passwords) }
}

/** A password that is in neither list is one the plan is about to generate, so the one there is differs. */
function passwordState(
  role: string,
  verifier: string | null,
  { byRole, unreadable }: KnownPasswords,
): PasswordState {
  if (verifier === null) return 'none'
  if (unreadable.has(role)) return 'unknown'
  const password = byRole.get(role)
  return password !== undefined && verifierMatches(verifier, password) ? 'matches' : 'differs'
}
