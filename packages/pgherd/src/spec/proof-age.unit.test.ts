import { expect, test } from 'vitest'
import { oldestProofSeconds, proofGapSeconds } from './proof-age.ts'
import { specSchema } from './schema.ts'

const specOf = (schedule: string) => specSchema.parse({ name: 'a', backups: { proof: { schedule } } })
const hour = 3600

test.each([
  ['0 3 * * *', 24, 51],
  ['0 3 * * 0', 7 * 24, 8 * 24 + 3],
  ['0 * * * *', 1, 5],
  ['0 3 1 * *', 31 * 24, 32 * 24 + 3],
])('%s runs every %i hours at most, and a proof is too old after %i', (schedule, gap, oldest) => {
  expect(proofGapSeconds(specOf(schedule))).toBe(gap * hour)
  expect(oldestProofSeconds(specOf(schedule))).toBe(oldest * hour)
})

test('a schedule that never comes round again has no age', () => {
  expect(oldestProofSeconds(specOf('0 0 30 2 *'))).toBe(Infinity)
})
