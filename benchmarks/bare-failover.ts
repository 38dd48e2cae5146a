import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { Ledger } from '../packages/pgherd/src/ledger/ledger-file.ts'
import { longestGap } from '../packages/pgherd/src/ledger/longest-gap.ts'
import { createProbeTable, dropProbeTable, readProbeIds } from '../packages/pgherd/src/ledger/probe-table.ts'
import { WriteProbe } from '../packages/pgherd/src/ledger/write-probe.ts'
import type { BareCluster } from '../packages/testbed/src/bare-cluster.ts'

export interface BareFailover {
  readonly writeGapSeconds: number
  readonly lostAcknowledgedWrites: number
}

const clock = () => performance.now() / 1000
/** Undisturbed writes before the fault, and that mean that the service is back; in seconds, as those of a drill. */
const steadySeconds = 2
const patienceSeconds = 120

/**
 * Makes a fault in the cluster configured by hand, and measures it as a drill does: the same clients through the pool, the
 * same ledger. The cluster is whole again afterwards.
 */
export async function bareFailover(
  cluster: BareCluster,
  part: 'postgres' | 'all',
  signal: AbortSignal,
): Promise<BareFailover> {
  await cluster.settled()
  for (const { text } of createProbeTable('app')) await cluster.query('write', text)
  using ledger = Ledger.create(join(cluster.root, `ledger-${Date.now()}`))
  await using writes = new WriteProbe({
    endpoint: () => cluster.connection('pool'),
    ledger,
    clock,
    now: () => new Date(),
  })
  const answers = () =>
    ledger
      .records()
      .flatMap(({ outcome, ended }) => (outcome === 'acknowledged' && ended !== undefined ? [ended] : []))
  const steady = async (since: number, more: () => Promise<boolean>) => {
    while (clock() - since < patienceSeconds) {
      signal.throwIfAborted()
      await sleep(100)
      const now = clock()
      const calm = longestGap(answers(), now - steadySeconds, now).seconds < 0.5
      if (now - since > steadySeconds && calm && (await more())) return
    }
    throw new Error(`no steady writes ${patienceSeconds} s after the fault\n${cluster.logs()}`)
  }
  await steady(clock(), () => Promise.resolve(true))
  const primary = await cluster.primary()
  if (primary === undefined) throw new Error('there is no primary')
  const fault = clock()
  cluster.kill(primary, part)
  await steady(fault, async () => part === 'postgres' || (await cluster.primary()) !== primary)
  cluster.restart(primary)
  await cluster.settled()
  await writes.stop()
  const { rows } = await cluster.query('write', readProbeIds)
  const found = new Set((rows as { id: string }[]).map(({ id }) => id))
  const lost = ledger.records().filter(({ id, outcome }) => outcome === 'acknowledged' && !found.has(id))
  for (const { text } of dropProbeTable) await cluster.query('write', text)
  return {
    writeGapSeconds: longestGap(answers(), fault, clock()).seconds,
    lostAcknowledgedWrites: lost.length,
  }
}
