import { readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import type { ClusterAccess } from '../../cluster/access.ts'
import { observeCluster } from '../../cluster/observe-cluster.ts'
import { PatroniApi } from '../../cluster/patroni-api.ts'
import type { Diagnostic } from '../../diagnostic/diagnostic.ts'
import { writeWholeFile } from '../../hosts/whole-file.ts'
import type { ClusterView } from '../../plan/cluster-view.ts'
import { homeOf, memberNamed, type Topology } from '../../topology/topology.ts'
import { decideHealing, healingPolicy, type HealingAct, type HealingPolicy } from './decide.ts'
import type { Cloning, Troubles } from './trouble.ts'

export interface HealingOptions {
  readonly access: ClusterAccess
  readonly now: () => Date
  readonly policy?: HealingPolicy
  /** What was just seen, to spare a second look. */
  readonly view?: ClusterView
  /** Forget earlier attempts, because somebody has put the cause right (`pgherd up`). */
  readonly afresh?: boolean
  /** Asks the primary; only called when a member is being cloned. */
  readonly askPrimary?: (question: string) => Promise<readonly Readonly<Record<string, unknown>>[]>
  /** Who else changes the cluster right now: nothing is done then. */
  readonly atWork?: string
}

export interface HealingResult {
  readonly acts: readonly HealingAct[]
  readonly findings: readonly Diagnostic[]
  readonly troubles: Troubles
}

/** What the primary tells of clones under way; base backups of ours are none. */
const cloningQuestion = `SELECT count(*)::int AS clones, sum(backup_streamed)::text AS bytes
  FROM pg_stat_progress_basebackup JOIN pg_stat_replication USING (pid) WHERE application_name NOT LIKE 'pgherd%'`

/**
 * Patroni's answer while it is at something with the member (its ha.py, `reinitialize`). Only what takes long for good
 * reasons is left to go on: a server that does not start is being restarted over and over.
 */
const busy = /already in progress/
const takesLong = /(rewind|bootstrap|reinitiali|crash recovery).*already in progress/is

/**
 * One round of the rejoin ladder, for the agent's loop and for `pgherd up`: looks, decides, remembers, and has at most one
 * member cloned anew. The attempt is on record before it is made, so that no crash makes it count less; one that Patroni
 * puts off, because it is busy with the member itself, is taken back. What else goes wrong with Patroni's answer is found
 * again in the next round. Throws DiagnosticError when the record cannot be written.
 */
export async function healMembers(options: HealingOptions): Promise<HealingResult> {
  const { access, now, atWork } = options
  const view = options.view ?? (await observeCluster(access))
  const known = options.afresh === true ? {} : readTroubles(access.topology)
  const cloning = await cloningNow(view, options.askPrimary)
  const { acts, troubles, findings } = decideHealing(view, known, now(), options.policy ?? healingPolicy, {
    ...(cloning ? { cloning } : {}),
    ...(atWork === undefined ? {} : { atWork }),
  })
  if (JSON.stringify(troubles) !== JSON.stringify(known)) writeTroubles(access.topology, troubles)
  const done: HealingAct[] = []
  let remembered = troubles
  for (const act of acts) {
    if (act.do !== 'reinitialize' || (await reinitialize(access, act))) {
      done.push(act)
      continue
    }
    const trouble = remembered[act.member]
    if (trouble)
      remembered = { ...remembered, [act.member]: { ...trouble, attempts: trouble.attempts.slice(0, -1) } }
    writeTroubles(access.topology, remembered)
    done.push({ do: 'wait', member: act.member, because: 'Patroni is busy with it already' })
  }
  return { acts: done, findings, troubles: remembered }
}

async function cloningNow(
  { members }: ClusterView,
  ask: HealingOptions['askPrimary'],
): Promise<Cloning | undefined> {
  if (!ask || !members.some(({ state }) => state === 'creating replica')) return undefined
  const [row] = await ask(cloningQuestion).catch(() => [])
  const [clones, bytes] = [Number(row?.['clones'] ?? 0), Number(row?.['bytes'] ?? 0)]
  return clones === 0 ? undefined : { clones, bytes }
}

/** False when Patroni puts it off. */
async function reinitialize(
  access: ClusterAccess,
  { member, force }: Extract<HealingAct, { do: 'reinitialize' }>,
): Promise<boolean> {
  const patroni = new PatroniApi(access, memberNamed(access.topology, member), { timeoutMs: 10_000 })
  try {
    await patroni.reinitialize({ force })
  } catch (error) {
    if (!(error instanceof Error && busy.test(error.message))) return true
    if (takesLong.test(error.message)) return false
    await patroni.reinitialize({ force: true }).catch(() => undefined)
  }
  return true
}

function troublesFile(topology: Topology): string {
  return join(homeOf(topology).paths.run, 'rejoin.json')
}

/** What is remembered; nothing when the record cannot be read, which makes the ladder begin anew. */
export function readTroubles(topology: Topology): Troubles {
  try {
    return JSON.parse(readFileSync(troublesFile(topology), 'utf8')) as Troubles
  } catch {
    return {}
  }
}

function writeTroubles(topology: Topology, troubles: Troubles): void {
  if (Object.keys(troubles).length === 0) rmSync(troublesFile(topology), { force: true })
  else writeWholeFile(troublesFile(topology), `${JSON.stringify(troubles)}\n`, { mode: 0o644 })
}
