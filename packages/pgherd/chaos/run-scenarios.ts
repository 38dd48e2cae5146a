import { asyncLossBound } from '../src/components/patroni/durability.ts'
import { DiagnosticError } from '../src/diagnostic/diagnostic.ts'
import { Ledger } from '../src/ledger/ledger-file.ts'
import { lossBeyond } from '../src/ledger/loss-beyond.ts'
import type { DrillResult } from '../src/operations/drill/drill-result.ts'
import { healLeftover } from '../src/operations/drill/heal-leftover.ts'
import { poll } from '../src/operations/drill/poll.ts'
import { runDrill } from '../src/operations/drill/run-drill.ts'
import type { DrillWorld } from '../src/operations/drill/world.ts'
import type { ChaosTarget } from './chaos-cluster.ts'
import { weaknesses } from '../src/operations/weaknesses.ts'
import { sameEverywhere } from './same-everywhere.ts'
import type { Scenario } from './scenario.ts'

/** What became of one fault. */
export interface ChaosRun {
  readonly number: number
  readonly scenario: string
  /**
   * `sound`: judged and right. `broken`: a promise was broken. `refused`: not possible on this machine, so not covered.
   * `failed`: no verdict.
   */
  readonly outcome: 'sound' | 'broken' | 'refused' | 'failed'
  readonly result?: DrillResult
  /** Lost writes that the durability promised nothing about: `async` states how much may be lost. */
  readonly lostWithinBound?: number
  readonly error?: string
}

/** Objectives are the business of drills; this suite is about what must never happen, and about coming back. */
const fatal: ReadonlySet<string> = new Set([
  'DRILL_WRITES_LOST',
  'DRILL_HISTORY_WRONG',
  'DRILL_TWO_PRIMARIES',
  'DRILL_CHECK_FAILED',
  'DRILL_NOT_RECOVERED',
])

const wholeSeconds = 300

/**
 * Makes one fault after the other, each on a healthy cluster, and judges each. Ends early when two in a row have no verdict,
 * as when the cluster does not become whole again: whatever followed would measure that.
 *
 * @param first number of the first one, where the sequence is a part of a longer one
 */
export async function runScenarios(
  target: ChaosTarget,
  sequence: readonly Scenario[],
  tell: (run: ChaosRun) => void,
  first = 1,
): Promise<readonly ChaosRun[]> {
  const runs: ChaosRun[] = []
  for (const [index, scenario] of sequence.entries()) {
    const run = await runOne(target, scenario, first + index)
    runs.push(run)
    tell(run)
    // one without a verdict may leave a whole cluster; a second one in a row says that it is none
    if (run.outcome === 'failed' && runs.at(-2)?.outcome === 'failed') break
  }
  return runs
}

async function runOne(target: ChaosTarget, scenario: Scenario, number: number): Promise<ChaosRun> {
  const base = { number, scenario: scenario.name }
  try {
    await healLeftover(target.world)
    await whole(target.world)
    const durability = scenario.durability ?? 'sync'
    if (target.durability !== durability) {
      await target.promise(durability)
      await whole(target.world)
    }
    const { world, bounds } = target
    const missing = scenario.needs.filter((need) => world[need] === undefined)
    if (missing.length > 0) return { ...base, outcome: 'refused', error: `needs ${missing.join(', ')}` }
    const aim = await scenario.aim(world, await world.observe())
    const checked: Scenario = {
      ...scenario,
      checkAfter: async (...given) => [
        ...((await scenario.checkAfter?.(...given)) ?? []),
        await sameEverywhere(world),
      ],
    }
    const result = await runDrill(checked, world, aim, bounds)
    return { ...base, ...verdictOf(result, world), result }
  } catch (error) {
    target.world.signal.throwIfAborted()
    const refused =
      error instanceof DiagnosticError && error.diagnostics.every(({ code }) => code === 'DRILL_UNAVAILABLE')
    return {
      ...base,
      outcome: refused ? 'refused' : 'failed',
      error: error instanceof Error ? error.message : String(error),
    }
  }
}

/** Under `async` a loss within the stated bound breaks no promise; everything else is the same. */
function verdictOf(
  result: DrillResult,
  { topology: { spec } }: DrillWorld,
): Pick<ChaosRun, 'outcome' | 'lostWithinBound'> {
  const mayLose =
    spec.topology.durability === 'async' && result.lostWrites.length > 0
      ? lossBeyond(Ledger.read(result.ledger), result.lostWrites, asyncLossBound(spec)).length === 0
      : false
  const broken =
    result.findings.some(({ code }) => fatal.has(code) && !(mayLose && code === 'DRILL_WRITES_LOST')) ||
    result.fullRedundancySeconds === null
  return {
    outcome: broken ? 'broken' : 'sound',
    ...(mayLose ? { lostWithinBound: result.lostWrites.length } : {}),
  }
}

async function whole(world: DrillWorld): Promise<void> {
  let missing: readonly string[] = []
  const done = await poll(wholeSeconds, world.signal, async () => {
    missing = weaknesses(world.topology.spec, await world.observe())
    return missing.length === 0 || undefined
  })
  if (done !== true) throw new Error(`the cluster is not whole: ${missing.join('; ')}`)
}
