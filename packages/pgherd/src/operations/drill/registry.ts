import { DiagnosticError, diagnose, mend } from '../../diagnostic/diagnostic.ts'
import type { Drill } from './drill.ts'
import { certExpiry } from './drills/cert-expiry.ts'
import { dcsDown } from './drills/dcs-down.ts'
import { diskFull } from './drills/disk-full.ts'
import { freezePatroni } from './drills/freeze-patroni.ts'
import { freezePrimary } from './drills/freeze-primary.ts'
import { killMember } from './drills/kill-member.ts'
import { killPatroni } from './drills/kill-patroni.ts'
import { killPostgres } from './drills/kill-postgres.ts'
import { partitionDcs } from './drills/partition-dcs.ts'
import { partitionPrimary } from './drills/partition-primary.ts'
import { replicaLag } from './drills/replica-lag.ts'
import { repoDown } from './drills/repo-down.ts'
import { restore } from './drills/restore.ts'
import { switchover } from './drills/switchover.ts'

/** From the mildest to what hurts most. */
export const drills: readonly Drill[] = [
  switchover,
  restore,
  certExpiry,
  repoDown,
  replicaLag,
  killPostgres,
  killPatroni,
  killMember,
  partitionPrimary,
  partitionDcs,
  dcsDown,
  freezePrimary,
  freezePatroni,
  diskFull,
]

/** A drill by name; throws DiagnosticError DRILL_UNKNOWN with the names there are. */
export function drillNamed(name: string): Drill {
  const drill = drills.find((each) => each.name === name)
  if (drill) return drill
  throw new DiagnosticError(
    diagnose('DRILL_UNKNOWN', {
      detail: `there is no drill ${JSON.stringify(name)}; there are ${drills.map((each) => each.name).join(', ')}`,
      mend: mend.run('pgherd', 'drill', '--help'),
    }),
  )
}
