import { z } from 'zod'
import { duration } from '../quantities.ts'
import { cron } from './values.ts'

/** Every drill there is. */
export const drillNames = [
  'switchover',
  'kill-postgres',
  'kill-patroni',
  'kill-member',
  'partition-primary',
  'partition-dcs',
  'dcs-down',
  'freeze-primary',
  'freeze-patroni',
  'disk-full',
  'replica-lag',
  'repo-down',
  'cert-expiry',
  'restore',
] as const

export type DrillName = (typeof drillNames)[number]

/** Drills: faults made on purpose, measured and compared with what is promised. */
export const drillsSchema = z.strictObject({
  schedule: z
    .partialRecord(z.enum(drillNames), cron)
    .default({})
    .describe(
      'When drills run by themselves, in cron syntax by name, in the time zone of the machine. Naming one here allows it to interrupt users at that time. It waits up to 15 minutes for a backup, a proof or another drill to end; a missed one is not made up for. `pgherd drill --history` tells what came of each.',
    ),
  window: cron
    .optional()
    .describe(
      'Minutes in which a drill started by hand needs no confirmation, in cron syntax such as `* 2-4 * * SUN`.',
    ),
  objectives: z
    .strictObject({
      writeGap: duration.prefault('30s').describe('Longest time without a successful write.'),
      readGap: duration.prefault('10s').describe('Longest time without a successful read.'),
      lostWrites: z.number().int().min(0).default(0).describe('Acknowledged writes that may be lost.'),
      redundancy: duration.prefault('2min').describe('Time until every member is back and streaming again.'),
    })
    .prefault({})
    .describe('What every drill is compared with.'),
})
