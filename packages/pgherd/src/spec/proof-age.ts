import { readSchedule } from './schedule.ts'
import type { Spec } from './schema.ts'

const day = 86_400
/** A proof of a large database takes its time, and the clock may be set between two of them. */
const slack = 3 * 3600

/** The agent asks all the time, and the answer takes tens of milliseconds to find. */
const gaps = new Map<string, number>()

/** Longest time between two scheduled proofs, seconds; infinite for a schedule that runs less than twice. */
export function proofGapSeconds(spec: Pick<Spec, 'backups'>): number {
  const text = spec.backups.proof.schedule
  const known = gaps.get(text)
  if (known !== undefined) return known
  const schedule = readSchedule(text)
  const gap = 'fault' in schedule ? Infinity : (schedule.longestGapSeconds() ?? Infinity)
  gaps.set(text, gap)
  return gap
}

/**
 * Age from which the newest proof is too old, seconds: one that was missed is no alarm when they are made daily or more
 * often; of a longer schedule it may be late by a day.
 */
export function oldestProofSeconds(spec: Pick<Spec, 'backups'>): number {
  const gap = proofGapSeconds(spec)
  return gap + Math.min(gap, day) + slack
}
