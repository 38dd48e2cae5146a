import { DiagnosticError, diagnose, mend } from '../../diagnostic/diagnostic.ts'
import type { FaultInjector, WriteHost } from '../../hosts/host.ts'

/** How a member is hurt; where its host cannot do that, every fault is refused and there is nothing to undo. */
export function faultsOf({ member, faults }: Pick<WriteHost, 'member' | 'faults'>): FaultInjector {
  if (faults) return faults
  const refuse = () =>
    Promise.reject(
      new DiagnosticError(
        diagnose('DRILL_UNAVAILABLE', {
          detail: `faults cannot be made on the machine of ${member}`,
          mend: mend.run('pgherd', 'drill'),
          at: { member },
        }),
      ),
    )
  const nothing = () => Promise.resolve()
  return {
    isolate: refuse,
    rejoin: nothing,
    killEverything: refuse,
    allowStart: nothing,
    freeze: refuse,
    thaw: nothing,
    kill: refuse,
  }
}
