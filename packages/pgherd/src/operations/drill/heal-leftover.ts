import { readHealRecord, removeHealRecord, type HealRecord } from './heal-record.ts'
import { drillNamed } from './registry.ts'
import type { DrillWorld } from './world.ts'

/** Undoes the fault that a killed run left behind; undefined when there is none. */
export async function healLeftover(world: DrillWorld): Promise<HealRecord | undefined> {
  const record = readHealRecord(world.topology)
  if (!record) return undefined
  await drillNamed(record.drill).heal(world, record.aim)
  removeHealRecord(world.topology)
  return record
}
