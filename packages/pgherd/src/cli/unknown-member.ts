import { DiagnosticError, diagnose, mend } from '../diagnostic/diagnostic.ts'
import { shown } from '../spec/shown.ts'
import type { Topology } from '../topology/topology.ts'

/** A member was named that the spec does not have. */
export function unknownMember({ members }: Topology, name: string): DiagnosticError {
  return new DiagnosticError(
    diagnose('USAGE', {
      detail: `there is no member ${shown(name)}; the members are ${members.map((member) => member.name).join(', ')}`,
      mend: mend.run('pgherd', 'status'),
    }),
  )
}
