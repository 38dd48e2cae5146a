import fc from 'fast-check'
import { expect, test } from 'vitest'
import { isBitemporalError } from '../errors/bitemporal-error.ts'
import { UncoveredReference } from '../errors/uncovered-reference.ts'
import { cellCount, coalesced, cuts, GridModel, toGrid, type Grid } from '../grid-model.testkit.ts'
import { onServers } from '../servers.testkit.ts'

interface Facts extends Record<string, unknown> {
  readonly child: string
  readonly parent: number
}

/** Value 0 and 1 of a child name the parent they refer to. */
const change = fc.record({
  who: fc.constantFrom('child' as const, 'p0' as const, 'p1' as const, 'p0' as const, 'p1' as const),
  mode: fc.constantFrom('assert' as const, 'assert' as const, 'retract' as const),
  cells: fc.uniqueArray(fc.integer({ min: 0, max: cellCount }), { minLength: 2, maxLength: 2 }),
  value: fc.integer({ min: 0, max: 1 }),
})
const transactions = fc.array(fc.array(change, { minLength: 1, maxLength: 3 }), {
  minLength: 4,
  maxLength: 14,
})

/** Cells where the child refers to a parent that nothing is known of. */
const dangling = (child: Grid, parents: readonly Grid[]): readonly number[] =>
  [...child.entries()].flatMap(([cell, to]) =>
    to !== undefined && parents[to]?.[cell] === undefined ? [cell] : [],
  )

onServers('references against a model in memory', (server) => {
  test('a transaction goes through if nothing dangles after it, and else is undone, with the cells that would', async () => {
    const { store } = await server().newStore<Facts>()
    await store.references.add({ from: 'child', by: 'value', to: 'parent' })
    let runs = 0
    const seen = { refused: 0, done: 0 }
    await fc.assert(
      fc.asyncProperty(transactions, async (history) => {
        const run = `r${++runs}`
        let grids: { child: Grid; p0: Grid; p1: Grid } = {
          child: new GridModel().now,
          p0: new GridModel().now,
          p1: new GridModel().now,
        }
        for (const changes of history) {
          const next = { ...grids }
          const outcome = await store
            .transaction(async (client) => {
              for (const { who, mode, cells, value } of changes) {
                const [first = 0, to = 1] = [...cells].sort((a, b) => a - b)
                const from = Math.min(first, cellCount - 1)
                const period = { from: cuts[from] ?? '', to: cuts[to] ?? '', client }
                const said = mode === 'retract' ? undefined : value
                if (said === undefined && next[who].slice(from, to).every((held) => held === undefined))
                  continue
                next[who] = next[who].map((held, cell) => (cell >= from && cell < to ? said : held))
                if (who === 'child')
                  await (said === undefined
                    ? store.retract(run, 'child', period)
                    : store.assert(run, 'child', `${run}p${said}`, period))
                else
                  await (said === undefined
                    ? store.retract(`${run}${who}`, 'parent', period)
                    : store.assert(`${run}${who}`, 'parent', said, period))
              }
            })
            .catch((thrown: unknown) => {
              if (!isBitemporalError(thrown, 'UNCOVERED')) throw thrown
              return thrown
            })
          const missing = dangling(next.child, [next.p0, next.p1])
          if (missing.length > 0) {
            seen.refused++
            expect(outcome).toBeInstanceOf(UncoveredReference)
            const { uncovered, parentSubject } = outcome as UncoveredReference
            const told = toGrid(uncovered.map((valid) => ({ value: 1, valid })))
            expect(told.some((cell) => cell === 1)).toBe(true)
            for (const [cell, isTold] of told.entries())
              if (isTold === 1) {
                expect(missing).toContain(cell)
                expect(`${run}p${next.child[cell]}`).toBe(parentSubject)
              }
          } else {
            seen.done++
            expect(outcome).toBeUndefined()
            grids = next
          }
          const kept = await store.timeline(run, 'child')
          expect(kept.map(({ value, valid }) => ({ value: Number(value.slice(-1)), valid }))).toEqual(
            coalesced(grids.child),
          )
        }
      }),
      { numRuns: Number(process.env.BITEMPORAL_RUNS ?? 25) },
    )
    expect(seen.refused).toBeGreaterThan(10)
    expect(seen.done).toBeGreaterThan(10)
  })
})
