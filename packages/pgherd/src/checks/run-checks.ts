import { diagnose, mend, type Diagnostic } from '../diagnostic/diagnostic.ts'
import type { Check, Row, Situation } from './check.ts'
import type { Observation } from './observation.ts'
import { checks } from './registry.ts'

/** Runs one read-only query as pgherd_monitor, with a deadline of its own; rejects when it cannot. */
export type AskSql = (database: string, text: string) => Promise<readonly Row[]>

/**
 * Answers that are still fresh, by check id: kept by the caller between rounds, so that a check is
 * asked every `everySeconds` and not at every look. `at` is monotonic milliseconds.
 */
export type AnswerCache = Map<string, { readonly at: number; readonly facts: unknown }>

export interface CheckRound {
  readonly situation: Situation
  readonly observation: Observation
  /** Left out when the server cannot be asked: the SQL checks are then not judged at all. */
  readonly ask?: AskSql
  readonly cache?: AnswerCache
  /** Monotonic milliseconds, for the cache. */
  readonly monotonic?: number
  readonly only?: readonly string[]
}

/**
 * Asks every check its question and gives all findings, errors first. A question that fails on a
 * server that is up becomes a finding of its own (CHECK_UNANSWERED), never silence.
 */
export async function runChecks(round: CheckRound): Promise<readonly Diagnostic[]> {
  const findings: Diagnostic[] = []
  for (const check of checks) {
    if (round.only && !round.only.includes(check.id)) continue
    findings.push(...(await runCheck(check, round)))
  }
  return byRank(findings)
}

/** Errors first, then warnings; otherwise in the order they were found in. Pure. */
export function byRank(findings: readonly Diagnostic[]): readonly Diagnostic[] {
  const rank = { error: 0, warning: 1, info: 2 } as const
  return findings.toSorted((a, b) => rank[a.severity] - rank[b.severity])
}

async function runCheck(check: Check, round: CheckRound): Promise<readonly Diagnostic[]> {
  const { situation, observation, ask, cache } = round
  const { probe } = check
  if (probe.kind === 'observed') {
    const facts = probe.read(observation)
    return facts === undefined ? [] : check.judge(facts, situation)
  }
  if (!ask || observation.server.state !== 'up') return []
  const kept = cache?.get(check.id)
  const now = round.monotonic ?? 0
  if (kept && now - kept.at < check.everySeconds * 1000) return check.judge(kept.facts, situation)
  try {
    const facts = probe.parse(await ask(probe.database, probe.text))
    cache?.set(check.id, { at: now, facts })
    return check.judge(facts, situation)
  } catch (error) {
    return [
      diagnose('CHECK_UNANSWERED', {
        detail: `The check ${check.id} on ${situation.member.name} got no answer: ${error instanceof Error ? error.message : String(error)}. What it watches is unknown right now.`,
        mend: mend.run('pgherd', 'up'),
        at: { member: situation.member.name },
      }),
    ]
  }
}
