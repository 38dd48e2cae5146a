import { roughly, size } from '../estimate.ts'
import type { MetEffect, RuleFinding } from './rule.ts'

/** Work this short hurts nobody. */
const harmlessMs = 50

/** `on "orders" (12 GB, 40000000 rows): about 30 s`, as far as it is known. */
export function whereAndHowLong({ relation, table, estimatedMs }: MetEffect): string {
  if (table.kind !== 'existing') return `on ${relation}, for as long as its size demands`
  const { bytes, rows } = table.facts
  return `on ${relation} (${size(bytes)}, ${Math.round(rows)} rows), for about ${roughly(estimatedMs ?? 0)} here`
}

/** A table known to be small makes a finding good to know only; elsewhere the same file may meet a large one. */
export function severityBySize({ table, estimatedMs }: MetEffect): Pick<RuleFinding, 'severity'> {
  return table.kind === 'existing' && (estimatedMs ?? 0) < harmlessMs ? { severity: 'info' } : {}
}
