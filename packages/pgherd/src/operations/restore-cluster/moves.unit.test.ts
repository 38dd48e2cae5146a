import fc from 'fast-check'
import { expect, test } from 'vitest'
import { movesLeft, type MemberMove } from './moves.ts'

const first: MemberMove = { member: 'pg1', data: '/data', kept: '/kept', from: '/new' }
const cloned: MemberMove = { member: 'pg2', data: '/data', kept: '/kept' }

test('what is there is kept before the new takes its place', () => {
  expect(movesLeft(first, { data: true, kept: false, from: true })).toEqual([
    ['/data', '/kept'],
    ['/new', '/data'],
  ])
  expect(movesLeft(cloned, { data: true, kept: false, from: false })).toEqual([['/data', '/kept']])
})

test('a lost data directory is no obstacle', () => {
  expect(movesLeft(first, { data: false, kept: false, from: true })).toEqual([['/new', '/data']])
  expect(movesLeft(cloned, { data: false, kept: false, from: false })).toEqual([])
})

test('cut off after any rename, the rest is done and nothing twice', () => {
  for (const move of [first, cloned]) {
    const there = new Set(['/data', ...(move.from === undefined ? [] : [move.from])])
    for (let cut = 0; cut < 3; cut++) {
      const left = movesLeft(move, {
        data: there.has('/data'),
        kept: there.has('/kept'),
        from: there.has('/new'),
      })
      if (typeof left === 'string') throw new Error(left)
      const [next] = left
      if (!next) break
      there.delete(next[0])
      there.add(next[1])
    }
    expect([...there].sort()).toEqual(move.from === undefined ? ['/kept'] : ['/data', '/kept'])
  }
})

test('nothing is ever written over, whatever is there', () => {
  fc.assert(
    fc.property(fc.boolean(), fc.boolean(), fc.boolean(), fc.boolean(), (data, kept, from, isFirst) => {
      const there = new Set([
        ...(data ? ['/data'] : []),
        ...(kept ? ['/kept'] : []),
        ...(from ? ['/new'] : []),
      ])
      const left = movesLeft(isFirst ? first : cloned, { data, kept, from: isFirst && from })
      if (typeof left === 'string') return
      for (const [source, target] of left) {
        expect(there.has(source)).toBe(true)
        expect(there.has(target)).toBe(false)
        there.delete(source)
        there.add(target)
      }
    }),
  )
})

test('what cannot be told is left to a person', () => {
  expect(movesLeft(first, { data: true, kept: true, from: true })).toContain('all there')
  expect(movesLeft(first, { data: false, kept: true, from: false })).toContain('neither')
  expect(movesLeft(cloned, { data: true, kept: true, from: false })).toContain('both there')
})
