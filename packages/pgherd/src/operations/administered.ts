import type { ClientConfig } from 'pg'
import { findPrimary } from '../cluster/find-primary.ts'
import { DiagnosticError, diagnose, mend } from '../diagnostic/diagnostic.ts'
import type { Member } from '../topology/topology.ts'
import type { OperationContext } from './context.ts'

/** The server an administrator asks: the only one, or the present primary. Throws DiagnosticError LEADER_MISSING. */
export async function administered({ cluster, member }: OperationContext): Promise<Member> {
  if (!cluster) return member
  const primary = await findPrimary(cluster)
  if (primary) return primary
  throw new DiagnosticError(
    diagnose('LEADER_MISSING', {
      detail: 'no member is primary at this moment',
      mend: mend.run('pgherd', 'status'),
    }),
  )
}

/** Settings of the superuser's own session over the socket of a server. */
export function socketOf({ paths, ports }: Member, database: string): ClientConfig {
  return { host: paths.sockets, port: ports.postgres, user: 'postgres', database }
}
