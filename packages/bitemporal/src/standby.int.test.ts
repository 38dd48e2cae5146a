import { expect, test } from 'vitest'
import { all } from '@pgherd/testbed/pooled-server.ts'
import { onServers } from './servers.testkit.ts'
import { TypedTable } from './table/typed-table.ts'
import { exportFacts } from './text/export-facts.ts'
import { importFacts } from './text/import-facts.ts'
import { startStandby } from '@pgherd/testbed/throwaway-standby.ts'

onServers('a standby', (server) => {
  test('answers every question, and takes no change', async () => {
    const { store, schema } = await server().newStore()
    const { recordedAt } = await store.record('s', 'p', 1, { from: '2026-01-01' })
    await store.correct('s', 'p', 2, { from: '2026-01-01' })
    const columns = { pay: 'numeric' } as const
    const table = new TypedTable({ pool: server().pool, name: 'typed', columns })
    await table.create()
    await table.record('s', { pay: '1.5' }, { from: '2026-01-01' })
    const standby = await startStandby(server().server)
    const there = server().open({ schema, pool: standby.pool })
    expect(await there.get('s', 'p')).toMatchObject({ value: 2 })
    expect(await there.get('s', 'p', { recordedAt })).toMatchObject({ value: 1 })
    expect(await all(there.facts('p', { recordedAt }))).toMatchObject([{ value: 1 }])
    expect(await there.about('s')).toMatchObject([{ value: 2 }])
    expect(await there.timeline('s', 'p', { recordedAt })).toHaveLength(1)
    expect(await there.history('s', 'p')).toHaveLength(2)
    expect(await all(there.changes({ after: recordedAt }))).toHaveLength(1)
    const readOnly = { code: 'READ_ONLY' }
    await expect(there.assert('s', 'p', 3, { from: '2026-01-01' })).rejects.toMatchObject(readOnly)
    await expect(there.retract('s', 'p', { from: '2026-01-01' })).rejects.toMatchObject(readOnly)
    const typed = new TypedTable({ pool: standby.pool, name: 'typed', columns })
    expect(await typed.get('s')).toMatchObject({ value: { pay: '1.5' } })
    await expect(typed.assert('s', { pay: 2 }, { from: '2026-01-01' })).rejects.toMatchObject(readOnly)
    await expect(there.references.add({ from: 'p', by: 'value', to: 'q' })).rejects.toMatchObject(readOnly)
    const text = await all(exportFacts(standby.pool, { schema }))
    expect(text).toEqual(await all(exportFacts(server().pool, { schema })))
    await expect(importFacts(standby.pool, text, { schema })).rejects.toMatchObject(readOnly)
    await standby.stop()
  })
})
