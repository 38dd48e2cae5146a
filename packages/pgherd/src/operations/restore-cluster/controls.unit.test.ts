import { expect, test } from 'vitest'
import type { ControlFile } from '../../backup/restore/control-file.ts'
import { newestMember } from './controls.ts'

const control = (timeline: number, checkpoint: bigint) => ({ timeline, checkpoint }) as ControlFile
const of = (members: Record<string, ControlFile>) => new Map(Object.entries(members))

test('the newest data is that of the one that led', () => {
  const all = of({ pg1: control(3, 500n), pg2: control(3, 700n), pg3: control(3, 600n) })
  expect(newestMember(all, 'pg3')).toBe('pg3')
})

test('a former primary on an older timeline is not the newest, however far it has come', () => {
  expect(newestMember(of({ pg1: control(2, 900n), pg2: control(3, 700n) }), 'pg1')).toBe('pg2')
})

test('without a leader the one that has come furthest counts, and without data nobody', () => {
  expect(newestMember(of({ pg1: control(3, 500n), pg2: control(3, 700n) }), undefined)).toBe('pg2')
  expect(newestMember(of({}), 'pg1')).toBeUndefined()
})
