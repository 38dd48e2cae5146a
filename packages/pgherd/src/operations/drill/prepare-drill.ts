import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { DiagnosticError, diagnose, mend } from '../../diagnostic/diagnostic.ts'
import { acquireLock, readHolder, type Lock } from '../../hosts/local/lock.ts'
import { homeOf } from '../../topology/topology.ts'
import type { OperationContext } from '../context.ts'
import { openRepositoryOf } from '../open-repository.ts'
import { drillPurpose, proofLock } from '../proof-lock.ts'
import type { Aim, Drill } from './drill.ts'
import { requireSafe } from './guardrails.ts'
import { readHealRecord } from './heal-record.ts'
import type { DrillWorld } from './world.ts'

/** A drill that may begin; no backup and no proof begins while this is held. */
export interface PreparedDrill extends Disposable {
  readonly aim: Aim
}

/**
 * Looks whether a drill may begin, and chooses whom it hits.
 *
 * @throws DiagnosticError DRILL_UNHEALED, DRILL_UNAVAILABLE, DRILL_DURING_BACKUP, DRILL_DURING_PROOF, DRILL_UNHEALTHY, DRILL_NO_PROOF.
 */
export async function prepareDrill(
  drill: Drill,
  world: DrillWorld,
  context: OperationContext,
): Promise<PreparedDrill> {
  refuseUnhealed(world)
  const missing = drill.needs.filter((need) => world[need] === undefined)
  if (missing.length > 0) throw unavailable(drill, `it needs ${missing.join(' and ')}`)
  const locks = new DisposableStack()
  try {
    locks.use(lockOut(world, 'backup.lock', 'DRILL_DURING_BACKUP'))
    locks.use(lockOut(world, proofLock, 'DRILL_DURING_PROOF'))
    const view = await world.observe()
    const proofs = await (await openRepositoryOf(context)).proofs()
    const provenAt = proofs.findLast(({ ok }) => ok)?.provenAt
    requireSafe({ spec: context.spec, view, provenAt, now: context.now() })
    return { aim: await drill.aim(world, view), [Symbol.dispose]: () => locks.dispose() }
  } catch (error) {
    locks.dispose()
    throw error
  }
}

function refuseUnhealed(world: DrillWorld): void {
  const record = readHealRecord(world.topology)
  if (!record) return
  throw new DiagnosticError(
    diagnose('DRILL_UNHEALED', {
      detail: `the drill ${record.drill} on ${record.aim.member} began at ${record.since} and never undid its fault`,
      mend: mend.run('pgherd', 'drill', '--heal'),
      at: { member: record.aim.member },
    }),
  )
}

function lockOut(
  { topology }: DrillWorld,
  name: string,
  code: 'DRILL_DURING_BACKUP' | 'DRILL_DURING_PROOF',
): Lock {
  const { run } = homeOf(topology).paths
  mkdirSync(run, { recursive: true, mode: 0o700 })
  const path = join(run, name)
  const lock = acquireLock(path, drillPurpose)
  if (lock) return lock
  const holder = readHolder(path)
  throw new DiagnosticError(
    diagnose(code, {
      detail: `${holder ? `${holder.purpose} (pid ${holder.pid})` : 'somebody'} is at work since ${holder?.since ?? 'a while'}`,
      mend: mend.advice('wait until it has ended and run the drill again'),
    }),
  )
}

function unavailable(drill: Drill, why: string): DiagnosticError {
  return new DiagnosticError(
    diagnose('DRILL_UNAVAILABLE', {
      detail: `${drill.name} is not possible here: ${why}`,
      mend: mend.run('pgherd', 'drill'),
    }),
  )
}
