import { definitionDigest } from '../../components/digest.ts'
import { effectOf, files } from './files.ts'
import { overridesInForce } from './auto-conf.ts'
import type { OnChange, Unit } from '../../components/component.ts'
import { impactOnUsers } from '../serving-units.ts'
import type { Draft, Section } from '../section.ts'
import type { Observed, ObservedUnit } from '../observed.ts'
import type { Wanted } from '../wanted.ts'

/** PostgreSQL runs with the definition and files it should have. */
export const databaseUnits: Section = {
  name: 'database-units',
  draft: (wanted, observed) => draftUnits(wanted, observed, (unit) => unit.after.length === 0),
}

/** Units that log in to the database: they need its roles first. */
export const dependentUnits: Section = {
  name: 'dependent-units',
  draft: (wanted, observed) => draftUnits(wanted, observed, (unit) => unit.after.length > 0),
}

function draftUnits(wanted: Wanted, observed: Observed, mine: (unit: Unit) => boolean): Draft[] {
  return wanted.units.filter(mine).flatMap((unit): Draft[] => {
    const found = observed.units.find(({ name }) => name === unit.name)
    if (!found || found.state === 'stopped') {
      const cause = observed.applied === undefined ? 'create' : 'repair'
      return [step(unit, 'start', ['it does not run'], cause, 'nothing')]
    }
    // nobody is connected to what does not run, so nobody notices
    if (['failed', 'backing-off'].includes(found.state))
      return [step(unit, 'restart', [`it is ${found.state}`], 'repair', 'nothing')]
    const why = changes(unit, found, wanted, observed)
    if (why.restart.length > 0) return [step(unit, 'restart', why.restart, why.cause, 'restart')]
    if (why.reload.length > 0) return [step(unit, 'reload', why.reload, why.cause, 'reload')]
    if (!found.supervised)
      return [
        step(
          unit,
          'start',
          ['it runs, but nobody would start it again: its supervisor is gone'],
          'repair',
          'nothing',
        ),
      ]
    return []
  })
}

/** What of the planned changes this unit only sees after a reload or a restart. */
function changes(unit: Unit, { definition }: ObservedUnit, wanted: Wanted, observed: Observed) {
  const restart: string[] = []
  const reload: string[] = []
  let cause: Draft['cause'] = 'change'
  if (definition !== undefined && definition !== definitionDigest(unit))
    restart.push('its definition changed')
  for (const { action } of files.draft(wanted, observed)) {
    if (action.do !== 'write-file' || action.file.unit !== unit.name) continue
    const effect = effectOf(action.file, wanted, observed)
    if (effect !== 'nothing') (effect === 'restart' ? restart : reload).push(`${action.file.path} changed`)
  }
  if (unit.name === 'postgres') {
    if (observed.server.state === 'running') {
      const { pendingRestart, autoConf } = observed.server
      // an override that is about to be taken back waits for nothing
      const waiting = pendingRestart.filter((name) => autoConf[name] === undefined)
      if (waiting.length > 0) restart.push(`${waiting.join(', ')} wait for a restart`)
      const overrides = overridesInForce(wanted, observed)
      if (overrides.length > 0) restart.push(`it was started with ${overrides.join(', ')} of ALTER SYSTEM`)
    }
  }
  // etcd reads its certificate anew for every connection, the others when they are told
  if (observed.certificate.state !== 'good' && unit.reload) reload.push('the certificate changed')
  const owed = observed.owed[unit.name]
  if (owed !== undefined && restart.length === 0 && (owed === 'restart' || reload.length === 0)) {
    const because = `the last run was cut off before it could ${owed} it`
    ;(owed === 'restart' ? restart : reload).push(because)
    cause = 'repair'
  }
  return { restart, reload, cause }
}

function step(
  unit: Unit,
  verb: 'start' | 'restart' | 'reload',
  because: readonly string[],
  cause: Draft['cause'],
  effect: OnChange,
): Draft {
  return {
    id: `unit:${unit.name}`,
    title: `${verb} ${unit.name}`,
    because: because.join('; '),
    cause,
    impact: impactOnUsers(unit.name, effect),
    action: { do: `${verb}-unit`, unit },
  }
}
