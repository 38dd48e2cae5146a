import { mkdtempSync, appendFileSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ThrowawayServer } from '@pgherd/testbed/throwaway-server.ts'
import { eventually } from '@pgherd/testbed/herd.ts'
import pg from 'pg'
import { expect, test } from 'vitest'
import type { History } from './history.ts'
import { judge } from './judge.ts'
import { Ledger } from './ledger-file.ts'
import { PrimarySampler } from './primary-sampler.ts'
import { createProbeTable, probeTable, readProbeIds } from './probe-table.ts'
import { ReadProbe } from './read-probe.ts'
import { WriteProbe } from './write-probe.ts'

const clock = () => performance.now() / 1000
const now = () => new Date()

/** A server with the table, and a superuser's connection settings. */
async function probed() {
  const server = await ThrowawayServer.start({ major: 15 })
  const endpoint = (): pg.ClientConfig => server.config()
  const ask = async (text: string) => {
    const client = new pg.Client(endpoint())
    await client.connect()
    try {
      return (await client.query<Record<string, unknown>>(text)).rows
    } finally {
      await client.end()
    }
  }
  for (const { text } of createProbeTable('postgres')) await ask(text)
  const directory = mkdtempSync(join(tmpdir(), 'ledger-'))
  const ledger = Ledger.create(join(directory, 'ledger.jsonl'))
  return {
    server,
    endpoint,
    ask,
    ledger,
    found: async () => (await ask(readProbeIds)).map(({ id }) => String(id)),
    async [Symbol.asyncDispose]() {
      ledger[Symbol.dispose]()
      rmSync(directory, { recursive: true })
      await server[Symbol.asyncDispose]()
    },
  }
}

test('a server killed under the writers leaves a consistent history and one gap', async () => {
  await using world = await probed()
  const { server, endpoint, ledger } = world
  await using writes = new WriteProbe({ endpoint, ledger, clock, now })
  await using reads = new ReadProbe({ endpoint, clock })
  await using sampler = new PrimarySampler([{ name: 'pg1', endpoint }], clock)
  await eventually('acknowledged writes', () => acknowledged(ledger) > 20 || undefined)
  const fault = clock()
  await server.halt('SIGQUIT')
  await server.launch()
  const before = acknowledged(ledger)
  await eventually('writes after the restart', () => acknowledged(ledger) > before + 20 || undefined)
  await eventually('reads after the restart', () => reads.records.at(-1)?.ok || undefined)
  await Promise.all([writes.stop(), reads.stop(), sampler.stop()])
  const history: History = {
    writes: ledger.records(),
    reads: reads.records,
    samples: sampler.samples,
    found: await world.found(),
    fault,
    end: clock(),
  }
  const verdict = judge(history)
  expect(verdict).toMatchObject({ consistent: true, lostAcknowledgedWrites: 0, duplicatePrimaries: 0 })
  expect(verdict.clientErrors).toBeGreaterThan(0)
  expect(verdict.writeGapSeconds).toBeGreaterThan(0.05)
  expect(history.writes.find(({ outcome }) => outcome === 'acknowledged')).toMatchObject({ timeline: 1 })
  expect(new Set(sampler.samples.map(({ started }) => started).filter(Boolean)).size).toBe(2)
})

test('a row deleted behind the ledger is a lost write, one put there is invented', async () => {
  await using world = await probed()
  const { endpoint, ledger } = world
  await using writes = new WriteProbe({ endpoint, ledger, clock, now })
  await eventually('acknowledged writes', () => acknowledged(ledger) > 10 || undefined)
  await writes.stop()
  await world.ask(`DELETE FROM ${probeTable} WHERE id = '0-1'`)
  await world.ask(`INSERT INTO ${probeTable} (id) VALUES ('forged'), ('0-2')`)
  const verdict = judge({
    writes: ledger.records(),
    reads: [],
    samples: [],
    found: await world.found(),
    fault: 0,
    end: clock(),
  })
  expect(verdict).toMatchObject({
    lost: ['0-1'],
    invented: ['forged'],
    duplicates: ['0-2'],
    consistent: false,
  })
})

test('a read-only server fails the writes for certain and is no primary', async () => {
  await using world = await probed()
  const { endpoint, ledger } = world
  await world.ask(`ALTER SYSTEM SET default_transaction_read_only = on`)
  await world.ask('SELECT pg_reload_conf()')
  await using writes = new WriteProbe({ endpoint, ledger, clock, now, writers: 1 })
  await using sampler = new PrimarySampler([{ name: 'pg1', endpoint }], clock)
  await eventually('refused writes', () => ledger.records().find(({ error }) => error === '25006'))
  expect(ledger.records().every(({ outcome }) => outcome !== 'acknowledged')).toBe(true)
  await eventually('samples', () => sampler.samples.find(({ writable }) => writable === false))
  await writes.stop()
})

test('a frozen server is a gap: the clients give up waiting and the write is unknown', async () => {
  await using world = await probed()
  const { endpoint, ledger } = world
  await using writes = new WriteProbe({ endpoint, ledger, clock, now, writers: 1, timeoutMs: 300 })
  await eventually('acknowledged writes', () => acknowledged(ledger) > 5 || undefined)
  const [backend] = await world.ask(
    `SELECT pid FROM pg_stat_activity WHERE query LIKE 'INSERT INTO ${probeTable}%' AND pid <> pg_backend_pid()`,
  )
  process.kill(Number(backend?.['pid']), 'SIGSTOP')
  try {
    const late = await eventually('a timeout', () =>
      ledger.records().find(({ error }) => error === 'TIMEOUT'),
    )
    expect(late.outcome).toBe('unknown')
  } finally {
    process.kill(Number(backend?.['pid']), 'SIGCONT')
  }
  const before = acknowledged(ledger)
  await eventually('writes on a new connection', () => acknowledged(ledger) > before + 5 || undefined)
  await writes.stop()
})

test('a ledger left behind is read back, the line cut short left out', async () => {
  await using world = await probed()
  const { endpoint, ledger } = world
  await using writes = new WriteProbe({ endpoint, ledger, clock, now })
  await eventually('acknowledged writes', () => acknowledged(ledger) > 10 || undefined)
  await writes.stop()
  appendFileSync(ledger.path, '{"id":"9-9","wri')
  expect(Ledger.read(ledger.path)).toEqual(ledger.records())
  expect(readFileSync(ledger.path, 'utf8')).not.toContain('password')
})

function acknowledged(ledger: Ledger): number {
  return ledger.records().filter(({ outcome }) => outcome === 'acknowledged').length
}
