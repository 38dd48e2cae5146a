import { roughly, size } from '../estimate.ts'
import { blockedBy } from '../lock-mode.ts'
import type { MetEffect, Rule, RuleFinding } from './rule.ts'

/** From here on people notice that something stands still. */
const noticedMs = 500

/**
 * Source: ops.md MIG07. Needs the catalogue. A lock is kept until the transaction ends, so the cost of a strong lock is
 * that of everything that follows it in the script, not of its own statement alone.
 */
export const lockCost: Rule = {
  code: 'MIG07',
  why: 'what a lock costs is how long it is held and how much is asked of the table meanwhile',
  examine({ transactional, statements, replicas }, index) {
    const rest = transactional ? statements.slice(index) : statements.slice(index, index + 1)
    return (statements[index]?.effects ?? []).flatMap((effect): readonly RuleFinding[] => {
      if (effect.table.kind !== 'existing' || blockedBy(effect.lock) === 'nobody') return []
      const heldMs = rest
        .flatMap(({ effects }) => effects)
        .reduce((total, { estimatedMs }) => total + (estimatedMs ?? 0), 0)
      if (heldMs < noticedMs) return []
      const own = effect.estimatedMs ?? 0
      const alone = heldMs - own < noticedMs
      return [
        {
          detail: `${effect.what} takes ${effect.lock} on ${effect.relation} (${size(effect.table.facts.bytes)}) and keeps it for about ${roughly(heldMs)}${alone ? '' : ', since later statements of the same transaction take that long'}; until then ${blockedBy(effect.lock)} wait${demand(effect, heldMs)}${standbys(effect, replicas)}`,
          mend: alone
            ? 'choose the form that does the long part under a weaker lock (see MIG01 to MIG03), or a time when the table is not needed'
            : 'put the strong lock and the long work into different migrations',
        },
      ]
    })
  },
  // what it finds depends on sizes, which a script alone does not have: see lint.int.test.ts
  examples: { bad: [], good: ['alter table orders add column note text', 'update orders set note = null'] },
}

function demand({ lock, table }: MetEffect, heldMs: number): string {
  if (table.kind !== 'existing') return ''
  const { readsPerSecond, writesPerSecond } = table.facts
  const waiting = ((blockedBy(lock) === 'writes' ? 0 : readsPerSecond) + writesPerSecond) * (heldMs / 1000)
  return waiting < 1 ? '' : `, about ${Math.round(waiting)} of them at the usual rate`
}

function standbys({ work, table }: MetEffect, replicas: number): string {
  if (replicas === 0 || work === 'catalogue' || work === 'scan' || table.kind !== 'existing') return ''
  return `; ${replicas === 1 ? 'the standby replays' : `${replicas} standbys replay`} what it writes and lag behind`
}
