import { spawn, type ChildProcess } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { eventually } from '@pgherd/testbed/herd.ts'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { DrillsFile } from '../components/drills/drills-file.ts'
import { emptyState, readState, scheduleStatePath, type ScheduleState } from './schedule-state.ts'

const program = join(import.meta.dirname, '../../bin/pgherd-drills.js')
const command = join(import.meta.dirname, 'command.fixture.ts')

let root: string
let drills: string
let waiting: ChildProcess | undefined
let said = ''

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'drills-'))
  drills = join(root, 'drills')
  mkdirSync(drills, { mode: 0o700 })
  said = ''
})
afterEach(async () => {
  const { running } = state()
  await kill()
  if (running?.process) killIt(running.process.pid)
  rmSync(root, { recursive: true, force: true })
})

/** A schedule by which these are due at this second, and which is looked after already. */
function dueNow(...names: readonly string[]): Record<string, string> {
  const at = new Date()
  // six fields, so that nobody has to wait for the minute
  const cron = `${at.getSeconds()} ${at.getMinutes()} ${at.getHours()} * * *`
  const since = new Date(at.getTime() - 2000).toISOString()
  const handled = Object.fromEntries(names.map((name) => [name, { cron, since, until: since }]))
  writeFileSync(scheduleStatePath(drills), JSON.stringify({ ...emptyState, handled }))
  return Object.fromEntries(names.map((name) => [name, cron]))
}

function start(schedule: DrillsFile['schedule']): void {
  const file: DrillsFile = { schedule, drills, command: [process.execPath, command], place: [drills] }
  writeFileSync(join(root, 'drills.json'), JSON.stringify(file), { mode: 0o644 })
  const child = spawn(process.execPath, [program, join(root, 'drills.json')], {
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  child.stderr.setEncoding('utf8').on('data', (text: string) => (said += text))
  waiting = child
}

const state = (): ScheduleState => readState(scheduleStatePath(drills)).state
const calls = () =>
  existsSync(join(drills, 'calls')) ? readFileSync(join(drills, 'calls'), 'utf8').trim().split('\n') : []
const faulty = () => existsSync(join(drills, 'under-way.json'))
const attempts = (count: number) =>
  eventually(
    `${count} attempts`,
    () => (state().attempts.length >= count ? state().attempts : undefined),
    30,
  ).catch((error: unknown) => {
    throw new Error(`${String(error)}\n${said}`)
  })

async function ended(signal: NodeJS.Signals): Promise<number | null> {
  const child = waiting
  waiting = undefined
  if (!child || child.exitCode !== null || child.signalCode !== null) return null
  const end = new Promise<number | null>((resolve) => child.once('exit', resolve))
  child.kill(signal)
  return await end
}
const kill = () => ended('SIGKILL')
function killIt(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL')
  } catch {
    // it has ended
  }
}
async function underWay(): Promise<number> {
  await eventually('the fault', () => faulty() || undefined, 30)
  return state().running?.process?.pid ?? 0
}

test('a due drill runs once, also when the process is started anew in the same minute', async () => {
  const schedule = dueNow('switchover', 'dcs-down')
  start(schedule)
  const done = await attempts(2)
  expect(done).toMatchObject([
    { drill: 'switchover', outcome: 'ran', reason: null },
    { drill: 'dcs-down', outcome: 'refused', code: 'DRILL_UNHEALTHY', reason: 'pg2 does not stream' },
  ])
  expect(done[0]?.result).toMatch(/^\d{8}T\d{6}Z-switchover$/)
  expect(done[0]?.dueAt).toMatch(/\.000Z$/)
  await kill()
  start(schedule)
  await eventually('it waits again', () => said.split('is waiting').length > 2 || undefined)
  expect(await ended('SIGTERM')).toBe(0)
  expect(calls()).toEqual(['switchover', 'dcs-down'])
  expect(state()).toMatchObject({ queue: [], running: null })
})

test('killed with the drill in the middle of a fault, the next process undoes it and runs nothing twice', async () => {
  const schedule = dueNow('kill-member')
  start(schedule)
  const pid = await underWay()
  await kill()
  killIt(pid)
  expect(faulty()).toBe(true)
  start(schedule)
  const [attempt] = await attempts(1)
  expect(attempt).toMatchObject({ outcome: 'interrupted', result: null })
  expect(attempt?.reason).toMatch(/pgherd was killed .*; its fault was undone/)
  expect(faulty()).toBe(false)
  expect(calls()).toEqual(['kill-member', '--heal'])
})

test('a drill that outlives the process that waits for it is let go on, and its result is found', async () => {
  const schedule = dueNow('restore')
  start(schedule)
  await underWay()
  await kill()
  start(schedule)
  await eventually('it waits again', () => said.split('is waiting').length > 2 || undefined)
  expect(faulty()).toBe(true)
  writeFileSync(join(drills, 'go'), '')
  const [attempt] = await attempts(1)
  expect(attempt).toMatchObject({ outcome: 'ran', reason: null })
  expect(existsSync(join(drills, `${attempt?.result ?? ''}.json`))).toBe(true)
  expect(calls()).toEqual(['restore'])
})

test('a drill that is killed alone is undone at once', async () => {
  start(dueNow('kill-member'))
  killIt(await underWay())
  const [attempt] = await attempts(1)
  expect(attempt).toMatchObject({ outcome: 'interrupted' })
  expect(attempt?.reason).toBe('it was ended by SIGKILL; its fault was undone')
  expect(faulty()).toBe(false)
})

test('asked to end, it has the drill undo its fault first', async () => {
  start(dueNow('kill-member'))
  await underWay()
  expect(await ended('SIGTERM')).toBe(0)
  expect(faulty()).toBe(false)
  expect(state()).toMatchObject({ running: null, queue: [], attempts: [{ outcome: 'interrupted' }] })
  expect(calls()).toEqual(['kill-member'])
})

test('a fault that a drill by hand left is undone as well, one that somebody attends to is not touched', async () => {
  const started = { drill: 'kill-member', pid: process.pid, started: 'another boot/1' }
  writeFileSync(join(drills, 'under-way.json'), JSON.stringify(started), { mode: 0o600 })
  start({ switchover: '0 4 1 1 *' })
  await eventually('it is undone', () => !faulty() || undefined, 30)
  expect(calls()).toEqual(['--heal'])
})

test('who is in the way is waited for, until the time has passed', async () => {
  const schedule = dueNow('repo-down')
  start(schedule)
  await eventually('it waits', () => said.includes('repo-down waits: pgherd up is at work') || undefined, 30)
  expect(state()).toMatchObject({ queue: [{ drill: 'repo-down' }], running: null, attempts: [] })
  await kill()
  // a quarter of an hour later
  const long = new Date(Date.now() - 16 * 60_000).toISOString()
  const queue = [{ drill: 'repo-down', dueAt: long }]
  writeFileSync(scheduleStatePath(drills), JSON.stringify({ ...state(), queue }))
  start(schedule)
  const [attempt] = await attempts(1)
  expect(attempt).toMatchObject({ dueAt: long, outcome: 'skipped' })
  expect(calls()).toEqual(['repo-down'])
})

test('what others may have written is not used: the state begins anew, the file is refused', async () => {
  writeFileSync(scheduleStatePath(drills), JSON.stringify({ ...emptyState, queue: 'x' }))
  start({ switchover: '*/2 * * * * *' })
  await eventually('it says so', () => said.includes('it does not have the expected form') || undefined)
  await eventually(
    'one ran',
    () => state().attempts.some(({ outcome }) => outcome === 'ran') || undefined,
    30,
  )
  await kill()
  said = ''
  const open = spawn(
    'sh',
    [
      '-c',
      'chmod 0666 "$1"; exec "$2" "$3" "$1"',
      'sh',
      join(root, 'drills.json'),
      process.execPath,
      program,
    ],
    {
      stdio: ['ignore', 'ignore', 'pipe'],
    },
  )
  open.stderr.setEncoding('utf8').on('data', (text: string) => (said += text))
  expect(await new Promise((resolve) => open.once('close', resolve))).toBe(3)
  expect(said).toContain('UNIT_UNSAFE')
})
