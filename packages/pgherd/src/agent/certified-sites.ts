import type { RenderInput } from '../components/component.ts'
import { haproxy } from '../components/haproxy/component.ts'
import { runStatements } from '../hosts/local/local-sql.ts'
import { SupervisorClient } from '../hosts/local/supervisor/supervisor-client.ts'
import { supervisorPaths } from '../hosts/local/supervisor/supervisor-paths.ts'
import type { CertifiedSite } from '../operations/rotate/rotate-certificates.ts'
import { certificateRequest } from '../plan/wanted.ts'

/**
 * Every member with what the agent may do to have a new certificate served: it owns the CA and the members' certificates,
 * is let in to their sockets (peer map), and the supervisor lets its group have a unit reloaded. It starts nothing.
 */
export function certifiedSites(
  { topology, facts, self }: Pick<RenderInput, 'topology' | 'facts' | 'self'>,
  supervisorUid: number,
): readonly CertifiedSite[] {
  return topology.members.map((member) => ({
    member,
    facts,
    host: {
      sql: (database, statements) =>
        runStatements(
          { database, socketDirectory: member.paths.sockets, port: member.ports.postgres },
          statements,
        ),
      async reloadUnit({ name }) {
        const { socket } = supervisorPaths(member.paths.state, supervisorUid)
        await new SupervisorClient(socket).request({ do: 'reload', unit: name })
      },
    },
    wanted: {
      certificate: certificateRequest(topology, member),
      units: haproxy.runsOn(member, topology)
        ? haproxy.units({ topology, member, facts, settings: [], self })
        : [],
    },
  }))
}
