import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { isBitemporalError } from './errors/bitemporal-error.ts'
import { onServers } from './servers.testkit.ts'

interface Pair extends Record<string, unknown> {
  readonly a: number
  readonly b: number
}

onServers(
  'kill -9',
  (server) => {
    test('of the server under writers: acknowledged is stored, and an assertion made again is there once', async () => {
      const { store } = await server().newStore<Pair>()
      const codes = new Set<string>()
      let isWriting = true
      const write = async (writer: number): Promise<number> => {
        let n = 0
        for (; isWriting; n++) {
          for (;;) {
            try {
              await store.assert(`w${writer}`, 'a', n, { from: '2026-01-01' })
              break
            } catch (thrown) {
              if (!isBitemporalError(thrown)) throw thrown
              codes.add(thrown.code)
              await sleep(20)
            }
          }
        }
        return n
      }
      const writing = Promise.all([0, 1, 2, 3, 4, 5, 6, 7].map(write))
      for (let kills = 0; kills < 2; kills++) {
        await sleep(300)
        await server().server.halt('SIGKILL')
        await server().server.launch()
      }
      await sleep(300)
      isWriting = false
      const counts = await writing
      expect([...codes].filter((code) => code !== 'OUTCOME_UNKNOWN' && code !== 'UNREACHABLE')).toEqual([])
      expect(codes).toContain('OUTCOME_UNKNOWN')
      for (const [writer, count] of counts.entries()) {
        const values = (await store.history(`w${writer}`, 'a')).map(({ value }) => value)
        expect(values).toEqual(Array.from({ length: count }, (_, n) => n))
      }
    })

    test('of clients: what they did in a transaction is there as a whole, and what was acknowledged is', async () => {
      const { store, schema } = await server().newStore<Pair>()
      const acknowledged = new Map<string, number>()
      const config = JSON.stringify(server().server.config())
      const program = join(import.meta.dirname, 'crash-client.fixture.ts')
      for (let kills = 0; kills < 3; kills++) {
        const child = spawn(process.execPath, [program, config, schema, `c${kills}`], {
          stdio: ['ignore', 'pipe', 'inherit'],
        })
        const gone = once(child, 'exit')
        let heard = 0
        const enough = new Promise<void>((resolve) => {
          createInterface({ input: child.stdout }).on('line', (line) => {
            const [subject = '', n] = line.split(' ')
            acknowledged.set(subject, Number(n))
            if (++heard === 100) resolve()
          })
        })
        await Promise.race([enough, gone])
        child.kill('SIGKILL')
        expect(await gone).toEqual([null, 'SIGKILL'])
      }
      // backends whose clients are gone end their statements first
      await expect
        .poll(
          async () =>
            (await server().pool.query(`select 1 from pg_locks where locktype = 'transactionid'`)).rowCount,
        )
        .toBe(0)
      expect(acknowledged.size).toBe(12)
      for (const [subject, n] of acknowledged) {
        const [a, b] = await Promise.all([store.history(subject, 'a'), store.history(subject, 'b')])
        expect(a.map(({ value }) => value)).toEqual(b.map(({ value }) => value))
        expect(a.map(({ value }) => value)).toEqual(Array.from({ length: a.length }, (_, nth) => nth))
        expect(a.length - 1).toBeGreaterThanOrEqual(n)
      }
    })
  },
  { settings: { fsync: 'on' } },
)
