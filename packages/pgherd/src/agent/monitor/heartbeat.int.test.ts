import { readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { ThrowawayServer } from '@pgherd/testbed/throwaway-server.ts'
import { afterEach, expect, test } from 'vitest'
import type { ServerObservation } from '../../checks/observation.ts'
import { systemClock } from '../clock.ts'
import { accessOf, createMonitor } from '../testing/throwaway-access.testkit.ts'
import { Heartbeat } from './heartbeat.ts'

let heartbeat: Heartbeat | undefined
afterEach(() => heartbeat?.stop())

function watch(server: ThrowawayServer): { seen: ServerObservation[]; beat: Heartbeat } {
  const seen: ServerObservation[] = []
  const beat = new Heartbeat(accessOf(server), systemClock, (now) => seen.push(now))
  heartbeat = beat
  beat.start()
  return { seen, beat }
}

const within = { timeout: 4000, interval: 50 }

test('a frozen postmaster shows although sessions still work, and thawing it shows as well', async () => {
  await using server = await ThrowawayServer.start()
  await createMonitor(server)
  const { beat } = watch(server)
  await expect.poll(() => beat.server.state, within).toBe('up')
  process.kill(server.pid, 'SIGSTOP')
  try {
    await expect.poll(() => beat.server.state, within).toBe('frozen')
    expect(beat.server.silentSeconds).toBeGreaterThan(1)
    expect(beat.server.silentSeconds).toBeLessThan(4)
  } finally {
    process.kill(server.pid, 'SIGCONT')
  }
  await expect.poll(() => beat.server.state, within).toBe('up')
})

test('without a look at the process the knocking alone finds a frozen postmaster', async () => {
  await using server = await ThrowawayServer.start()
  await createMonitor(server)
  const beat = new Heartbeat({ ...accessOf(server), pidFile: '/nonexistent' }, systemClock, () => undefined)
  heartbeat = beat
  beat.start()
  await expect.poll(() => beat.server.state, within).toBe('up')
  process.kill(server.pid, 'SIGSTOP')
  try {
    await expect.poll(() => beat.server.state, within).toBe('frozen')
  } finally {
    process.kill(server.pid, 'SIGCONT')
  }
})

test('a server that logs connections logs one knock, not one each second', async () => {
  await using server = await ThrowawayServer.start({ major: 15, settings: { log_connections: 'on' } })
  await createMonitor(server)
  const { beat } = watch(server)
  await expect.poll(() => beat.server.state, within).toBe('up')
  const lines = () => readFileSync(server.log, 'utf8').match(/connection received/g)?.length
  const before = lines()
  await sleep(4000)
  expect(beat.server.state).toBe('up')
  expect(lines()).toBe(before)
})

test('a frozen backend shows', async () => {
  await using server = await ThrowawayServer.start()
  await createMonitor(server)
  const { beat } = watch(server)
  await expect.poll(() => beat.server.state, within).toBe('up')
  const { rows } = await server.query("select pid from pg_stat_activity where usename = 'pgherd_monitor'")
  const pid = (rows[0] as { pid: number }).pid
  process.kill(pid, 'SIGSTOP')
  try {
    await expect.poll(() => beat.server.state, within).toBe('frozen')
  } finally {
    process.kill(pid, 'SIGCONT')
  }
  await expect.poll(() => beat.server.state, within).toBe('up')
})

test('a killed server is down at once, and up again after its start', async () => {
  await using server = await ThrowawayServer.start()
  await createMonitor(server)
  const { beat } = watch(server)
  await expect.poll(() => beat.server.state, within).toBe('up')
  await server.halt('SIGKILL')
  await expect.poll(() => beat.server.state, { timeout: 1500, interval: 20 }).toBe('down')
  await server.launch()
  await expect.poll(() => beat.server.state, { timeout: 8000, interval: 50 }).toBe('up')
})

test('an ended session is no fault, and the knocking leaves no lines in the log', async () => {
  await using server = await ThrowawayServer.start()
  await createMonitor(server)
  const { seen, beat } = watch(server)
  await expect.poll(() => beat.server.state, within).toBe('up')
  await server.query(
    "select pg_terminate_backend(pid) from pg_stat_activity where usename = 'pgherd_monitor'",
  )
  await expect
    .poll(() => readFileSync(server.log, 'utf8'), within)
    .toContain('terminating connection due to administrator command')
  const before = readFileSync(server.log, 'utf8')
  await sleep(3500)
  expect(seen.map((each) => each.state)).toEqual(['up'])
  expect(readFileSync(server.log, 'utf8')).toBe(before)
})

test('a server that takes no session says why', async () => {
  await using server = await ThrowawayServer.start()
  const { beat } = watch(server)
  await expect.poll(() => beat.server.state, within).toBe('refusing')
  expect(beat.server.reason).toContain('pgherd_monitor')
  await createMonitor(server)
  await expect.poll(() => beat.server.state, within).toBe('up')
})
