import type { ClusterAccess } from '../cluster/access.ts'
import { findPrimary } from '../cluster/find-primary.ts'
import { PatroniApi } from '../cluster/patroni-api.ts'
import { DiagnosticError, diagnose, mend } from '../diagnostic/diagnostic.ts'
import { memberNamed } from '../topology/topology.ts'
import type { ApplyTools } from './executor.ts'

/** What steps change through Patroni. */
export function patroniTools(access: ClusterAccess): NonNullable<ApplyTools['cluster']> {
  return {
    async patchConfig(patch) {
      const primary = await findPrimary(access)
      if (!primary) throw noPrimary()
      await new PatroniApi(access, primary).patchConfig(patch)
    },
    async restart(member) {
      await new PatroniApi(access, memberNamed(access.topology, member), { timeoutMs: 90_000 }).restart({
        // left out, a start timeout of 0 would be taken for it, and the primary fail over
        timeout: 60,
      })
    },
  }
}

function noPrimary(): DiagnosticError {
  return new DiagnosticError(
    diagnose('CLUSTER_NOT_WHOLE', {
      detail: 'no member is primary at this moment, so there is nobody to tell',
      mend: mend.run('pgherd', 'status'),
    }),
  )
}
