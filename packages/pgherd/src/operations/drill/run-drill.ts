import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { DiagnosticError, diagnose, mend, type Diagnostic } from '../../diagnostic/diagnostic.ts'
import { identify } from '../../hosts/local/process-identity.ts'
import { judge } from '../../ledger/judge.ts'
import { createProbeTable, dropProbeTable, readProbeIds } from '../../ledger/probe-table.ts'
import { homeOf } from '../../topology/topology.ts'
import { weaknesses } from '../weaknesses.ts'
import { Chronicle } from './chronicle.ts'
import type { Aim, DrillCheck, FailoverBounds, Fault } from './drill.ts'
import { keepResult } from './drill-history.ts'
import { compare, type DrillResult } from './drill-result.ts'
import { removeHealRecord, writeHealRecord } from './heal-record.ts'
import { poll } from './poll.ts'
import { Watch } from './watch.ts'
import { askMember, siteOf, type DrillWorld } from './world.ts'

/** Patience of a run, in seconds; tests shorten it. */
export interface DrillPatience {
  /** Undisturbed writes and reads before the fault. */
  readonly warmUp: number
  /** Undisturbed writes and reads that mean that the service is back. */
  readonly steady: number
  /** Beside twice the computed bound, until the service is back. */
  readonly recovery: number
  readonly redundancy: number
}

const usualPatience: DrillPatience = { warmUp: 3, steady: 2, recovery: 60, redundancy: 300 }

/**
 * Runs a drill: warms up the probes, makes the fault, waits for the service, undoes the fault, waits until every member
 * is back, and judges what the clients saw. The fault is undone whatever happens, Ctrl-C included. The result is kept.
 *
 * @throws DiagnosticError DRILL_UNHEALTHY when the probes cannot work before the fault, DRILL_NOT_RECOVERED when nobody
 * leads afterwards, and what the fault itself throws.
 */
export async function runDrill(
  drill: Fault,
  world: DrillWorld,
  aim: Aim,
  bounds: FailoverBounds,
  patience: DrillPatience = usualPatience,
): Promise<DrillResult> {
  const { topology, report, signal } = world
  const startedAt = world.now()
  const id = `${startedAt.toISOString().replace(/[-:]|\.\d+/g, '')}-${drill.name}`
  const { drills } = homeOf(topology).paths
  mkdirSync(drills, { recursive: true, mode: 0o700 })
  const ledger = join(drills, `${id}.ledger.jsonl`)
  const leader = (await world.observe()).leader
  await siteOf(world, leader).host.sql(world.database, createProbeTable(world.probeRole))
  try {
    await using watch = new Watch(world, ledger)
    report('writing and reading as clients do')
    await warmUp(watch, patience.warmUp, signal)
    const chronicle = new Chronicle(world, watch.clock)
    const expectation = drill.expectation(bounds)
    const holdSeconds = drill.fault === 'held' ? drill.holdSeconds(bounds) : 0
    const checks: DrillCheck[] = []
    const findings: Diagnostic[] = []
    writeHealRecord(topology, {
      drill: drill.name,
      id,
      aim,
      ...(identify(process.pid) ?? { pid: process.pid }),
      since: startedAt.toISOString(),
    })
    const fault = watch.clock()
    chronicle.begin(fault, leader)
    let over = fault
    try {
      report(`${drill.name}: making the fault`)
      await drill.inject(world, aim)
      chronicle.note('fault made')
      report(`${drill.name}: waiting for the service`)
      const deadline = Math.max(holdSeconds, 2 * expectation.writeGap) + patience.recovery
      const back = await poll(deadline, signal, async () => {
        const view = await chronicle.look()
        if (watch.clock() - fault < holdSeconds + patience.steady) return undefined
        if (drill.consequence && !(view && drill.consequence(view, aim))) return undefined
        return watch.steady(patience.steady) || undefined
      })
      if (back === undefined) findings.push(notRecovered(drill, deadline))
      checks.push(...((await drill.checkDuring?.(world, aim)) ?? []))
    } finally {
      if (drill.fault === 'held') {
        report(`${drill.name}: undoing the fault`)
        over = watch.clock()
      }
      await drill.heal({ ...world, signal: new AbortController().signal }, aim)
      removeHealRecord(topology)
      chronicle.note('fault undone')
    }
    report(`${drill.name}: waiting until every member is back`)
    const whole = await redundancy(world, chronicle, watch, patience)
    if (whole !== undefined) chronicle.note('every member is back', whole)
    checks.push(...((await drill.checkAfter?.(world, aim)) ?? []))
    const end = watch.clock()
    const seen = await watch.stop()
    const found = await rowsOnLeader(world)
    const verdict = judge({ ...seen, found, fault, end })
    const fullRedundancySeconds = whole === undefined ? null : Math.max(0, whole - over)
    findings.push(
      ...compare(topology.spec.drills, {
        drill: drill.name,
        verdict,
        fullRedundancySeconds,
        expectation,
        checks,
      }),
    )
    const { objectives } = topology.spec.drills
    const fromFault = (gap: { from: number; to: number; seconds: number }) => ({
      from: gap.from - fault,
      to: gap.to - fault,
      seconds: gap.seconds,
    })
    const result: DrillResult = {
      id,
      drill: drill.name,
      member: aim.member,
      startedAt: startedAt.toISOString(),
      endedAt: world.now().toISOString(),
      writeGapSeconds: verdict.writeGapSeconds,
      readGapSeconds: verdict.readGapSeconds,
      lostAcknowledgedWrites: verdict.lostAcknowledgedWrites,
      clientErrors: verdict.clientErrors,
      duplicatePrimaries: verdict.duplicatePrimaries,
      fullRedundancySeconds,
      objectivesMet: !findings.some(({ severity }) => severity === 'error'),
      acknowledgedWrites: verdict.acknowledgedWrites,
      lostWrites: verdict.lost,
      history: {
        consistent: verdict.consistent,
        duplicated: verdict.duplicates.length,
        invented: verdict.invented.length,
        revived: verdict.revived.length,
      },
      unknownWrites: { kept: verdict.unknownKept, lost: verdict.unknownLost },
      errors: verdict.errors,
      objectives: {
        writeGapSeconds: objectives.writeGap,
        readGapSeconds: objectives.readGap,
        lostAcknowledgedWrites: objectives.lostWrites,
        fullRedundancySeconds: objectives.redundancy,
      },
      bound: { writeGapSeconds: expectation.writeGap, basis: expectation.basis },
      checks,
      findings,
      events: chronicle.events(),
      gaps: { write: fromFault(verdict.writeGap), read: fromFault(verdict.readGap) },
      duplicatePrimaryEvidence: verdict.duplicatePrimaryEvidence,
      ledger,
    }
    keepResult(topology, result)
    return result
  } finally {
    await dropTable(world)
  }
}

async function warmUp(watch: Watch, seconds: number, signal: AbortSignal): Promise<void> {
  if ((await poll(seconds + 30, signal, () => watch.steady(seconds) || undefined)) === true) return
  throw new DiagnosticError(
    diagnose('DRILL_UNHEALTHY', {
      detail: `writes and reads through the public endpoints do not succeed steadily even without a fault: ${watch.failures().join('; ') || 'they are too slow'}`,
      mend: mend.run('pgherd', 'status'),
    }),
  )
}

/** Since when nothing was missing; an observation lags behind the truth, so that it has to hold for a while. */
async function redundancy(
  { topology, signal }: DrillWorld,
  chronicle: Chronicle,
  watch: Watch,
  { redundancy: patience, steady }: DrillPatience,
): Promise<number | undefined> {
  let since: number | undefined
  return await poll(patience, signal, async () => {
    const view = await chronicle.look()
    if (!view || weaknesses(topology.spec, view).length > 0) since = undefined
    else since ??= watch.clock()
    return since !== undefined && watch.clock() - since >= steady && watch.steady(steady) ? since : undefined
  })
}

async function rowsOnLeader(world: DrillWorld): Promise<string[]> {
  const leader = await poll(30, new AbortController().signal, async () => (await world.observe()).leader)
  if (leader === undefined) throw new DiagnosticError(nobodyLeads())
  const rows = await askMember(siteOf(world, leader), world.database, readProbeIds)
  return rows.map(({ id }) => String(id))
}

/** The next run begins by dropping the table, so that a failure here costs nothing. */
async function dropTable(world: DrillWorld): Promise<void> {
  try {
    const { leader } = await world.observe()
    await siteOf(world, leader).host.sql(world.database, dropProbeTable)
  } catch {
    world.report('the probe table stays, since no primary answers; the next drill drops it')
  }
}

function notRecovered(drill: Fault, seconds: number): Diagnostic {
  return diagnose('DRILL_NOT_RECOVERED', {
    detail: `${drill.name}: the service was not back ${Math.round(seconds)} s after the fault, so the fault was undone`,
    mend: mend.run('pgherd', 'status'),
  })
}

function nobodyLeads(): Diagnostic {
  return diagnose('DRILL_NOT_RECOVERED', {
    detail: 'nobody leads the cluster after the drill; the ledger holds every acknowledged write',
    mend: mend.run('pgherd', 'status'),
  })
}
