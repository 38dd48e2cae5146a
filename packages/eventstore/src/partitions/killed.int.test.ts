import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { all } from '@pgherd/testbed/pooled-server.ts'
import { expect, test } from 'vitest'
import { onServers } from '../servers.testkit.ts'
import { addPartition } from './add-partition.ts'
import { listPartitions } from './partition-list.ts'

type Noted = { type: 'Noted'; data: number }
const some = (count: number): Noted[] => Array.from({ length: count }, (_, data) => ({ type: 'Noted', data }))

onServers('a program killed while it adds a partition', (server) => {
  async function killed(schema: string, words: readonly string[]): Promise<void> {
    const program = join(import.meta.dirname, 'killed-client.fixture.ts')
    const child = spawn(
      process.execPath,
      [program, JSON.stringify(server().server.config()), schema, ...words],
      { stdio: ['ignore', 'inherit', 'inherit'] },
    )
    expect(await once(child, 'exit')).toEqual([null, 'SIGKILL'])
  }

  const limits = async (schema: string) => {
    const { rowCount } = await server().pool.query(
      `select 1 from pg_constraint where conname = 'event_partition_end' and connamespace = '${schema}'::regnamespace`,
    )
    return rowCount
  }

  test.each([
    ['add constraint', 'validate constraint'],
    ['validate constraint', 'attach partition'],
    ['attach partition', 'commit'],
  ])(
    'between "%s" and "%s": appends go on to where the old part was to end and then say what mends it, and that does',
    async (...words) => {
      const { store, schema } = await server().newStore<Noted>()
      const options = { schema, every: 1000 }
      const { pool } = server()
      await store.append('s', some(600))
      await killed(schema, words)
      await store.append('s', some(300))
      await expect(store.append('s', some(1500))).rejects.toMatchObject({
        code: 'PARTITION_UNFINISHED',
        mend: expect.stringContaining('addPartition'),
      })
      expect(await addPartition(pool, options)).toMatch(/^event_\d+$/)
      expect(await limits(schema)).toBe(0)
      const { version } = await store.append('s', some(1500))
      const events = await all(store.readAll())
      expect(events.map((event) => event.version)).toEqual(Array.from({ length: version }, (_, n) => n + 1))
      expect((await listPartitions(pool, { schema })).at(-1)?.before).toBeUndefined()
    },
  )
})
