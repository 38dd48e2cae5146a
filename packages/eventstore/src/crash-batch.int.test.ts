import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { expect, test } from 'vitest'
import { all } from '@pgherd/testbed/pooled-server.ts'
import { onServers } from './servers.testkit.ts'

type Noted = { type: 'Noted'; data: string }

onServers('kill -9 of clients', (server) => {
  test('in batches, atomic ones, transactions and inline projections: acknowledged is stored, and the rest whole or not at all', async () => {
    const { store: plain, schema: plainly } = await server().newStore<Noted>()
    const { store: counting, schema: counted } = await server().newStore<Noted>()
    const { pool } = server()
    for (const schema of [plainly, counted]) await pool.query(`create table ${schema}.own (data text)`)
    await pool.query(`create table ${counted}.counter (n int); insert into ${counted}.counter values (0)`)
    const acknowledged = new Set<string>()
    const config = JSON.stringify(server().server.config())
    const program = join(import.meta.dirname, 'batch-client.fixture.ts')
    for (let kills = 0; kills < 3; kills++) {
      const child = spawn(process.execPath, [program, config, plainly, counted, `c${kills}`], {
        stdio: ['ignore', 'pipe', 'inherit'],
      })
      const gone = once(child, 'exit')
      const ways = new Set<string>()
      let heard = 0
      const enough = new Promise<void>((resolve) => {
        createInterface({ input: child.stdout }).on('line', (line) => {
          acknowledged.add(line)
          ways.add(line.slice(0, line.lastIndexOf(' ')))
          if (++heard >= 60 && ways.size === 6) resolve()
        })
      })
      await Promise.race([enough, gone])
      child.kill('SIGKILL')
      expect(await gone).toEqual([null, 'SIGKILL'])
    }
    for (const [store, schema] of [
      [plain, plainly],
      [counting, counted],
    ] as const) {
      // a backend whose client is gone ends when it has something to say
      await expect.poll(() => store.stall(), { timeout: 20_000 }).toBeUndefined()
      const stored = await all(store.readAll())
      const found = new Map<string, number>()
      for (const { stream, data } of stored) {
        const key = `${schema} ${stream.split('-')[0]} ${data}`
        found.set(key, (found.get(key) ?? 0) + 1)
      }
      for (const line of acknowledged)
        if (line.startsWith(`${schema} `)) expect([line, found.get(line)]).toEqual([line, 3])
      const torn = [...found].filter(([key, count]) => count !== 3 && !key.startsWith(`${schema} batch `))
      expect(torn).toEqual([])
      const { rows } = await pool.query<{ data: string }>(`select data from ${schema}.own`)
      const inTransactions = [...found.keys()].filter((key) => key.startsWith(`${schema} transaction `))
      expect(rows.map(({ data }) => `${schema} transaction ${data}`).sort()).toEqual(inTransactions.sort())
      if (schema === counted)
        expect((await pool.query(`select n from ${schema}.counter`)).rows).toEqual([{ n: stored.length }])
    }
  })
})
