import { SmallDisk } from '@pgherd/testbed/small-disk.ts'
import { expect, test } from 'vitest'
import { all } from '@pgherd/testbed/pooled-server.ts'
import { onServers } from './servers.testkit.ts'
import { startStandby } from '@pgherd/testbed/throwaway-standby.ts'

type Noted = { type: 'Noted'; data: string }

onServers('trouble of the server', (server) => {
  test('a standby gives streams, but neither takes events nor gives the whole store', async () => {
    const { store, schema } = await server().newStore<Noted>()
    await store.append('s', [{ type: 'Noted', data: 'x' }])
    const standby = await startStandby(server().server)
    const there = server().open<Noted>({ schema, pool: standby.pool })
    expect(await all(there.read('s'))).toHaveLength(1)
    const snapshot = { name: 'n', every: 1, stateVersion: 1 }
    const warnings: unknown[] = []
    const warned = server().open<Noted>({ schema, pool: standby.pool, warn: (error) => warnings.push(error) })
    const count = { initial: () => 0, evolve: (state: number) => state + 1, snapshot }
    expect(await warned.aggregate('s', count)).toMatchObject({ state: 1 })
    expect(warnings).toMatchObject([{ code: 'READ_ONLY' }])
    const readOnly = { code: 'READ_ONLY' }
    await expect(there.append('s', [{ type: 'Noted', data: 'x' }])).rejects.toMatchObject(readOnly)
    await expect(all(there.readAll())).rejects.toMatchObject(readOnly)
    await expect(there.subscribe({ name: 'n', handle: () => undefined })).rejects.toMatchObject(readOnly)
    await there.close()
    await warned.close()
    await standby.stop()
  })

  test('a full disk: the append says so and nothing of it is stored; with space again all goes on', async () => {
    const { pool: admin } = server()
    await using disk = await SmallDisk.for(admin, () => admin.query('drop schema full_disk cascade'))
    const pool = server().newPool({ options: `-c default_tablespace=${disk.tablespace}` })
    const full = server().open<Noted>({ pool, schema: 'full_disk' })
    const { install } = await import('./schema/install.ts')
    await install(pool, { schema: 'full_disk' })
    const acknowledged: number[] = []
    const fill = async (): Promise<void> => {
      for (let n = 0; n < 200; n++) {
        // does not compress
        const data = Array.from({ length: 20_000 }, () => Math.random().toString(36).slice(2)).join('')
        acknowledged.push((await full.append('s', [{ type: 'Noted', data }])).version)
      }
    }
    await expect(fill()).rejects.toMatchObject({ code: 'DISK_FULL' })
    expect(acknowledged.length).toBeGreaterThan(0)
    await disk.grow()
    acknowledged.push(
      (await full.append('s', [{ type: 'Noted', data: 'after' }], { expected: acknowledged.length })).version,
    )
    expect((await all(full.read('s'))).map(({ version }) => version)).toEqual(acknowledged)
    await full.close()
    await pool.end()
  })
})
