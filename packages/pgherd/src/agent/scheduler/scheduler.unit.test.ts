import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setImmediate as turn } from 'node:timers/promises'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { diagnose, mend } from '../../diagnostic/diagnostic.ts'
import { FakeClock } from '../testing/fake-clock.testkit.ts'
import { quietLog } from '../testing/quiet-log.testkit.ts'
import type { JobKind, JobResult, JobRunner } from './job.ts'
import { readJobState } from './job-store.ts'
import type { Schedule } from './schedule.ts'
import { Scheduler } from './scheduler.ts'

const schedules: readonly Schedule[] = [
  { kind: 'backup', cron: '30 1 * * *' },
  { kind: 'proof', cron: '0 3 * * *' },
  { kind: 'certificates', everySeconds: 3600 },
]

let directory: string
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'jobs-'))
})
afterEach(() => rmSync(directory, { recursive: true }))

/** A runner whose runs end when the test says so. */
class ManualRunner implements JobRunner {
  readonly started: JobKind[] = []
  readonly #ends: { kind: JobKind; end: (result: JobResult) => void }[] = []

  run(kind: JobKind, { signal }: { signal: AbortSignal }): Promise<JobResult> {
    this.started.push(kind)
    return new Promise((resolve, reject) => {
      this.#ends.push({ kind, end: resolve })
      signal.addEventListener('abort', () => reject(new Error('interrupted')))
    })
  }

  async end(kind: JobKind, result: JobResult | boolean = true): Promise<void> {
    const index = this.#ends.findIndex((each) => each.kind === kind)
    const [run] = this.#ends.splice(index, 1)
    if (!run) throw new Error(`no ${kind} is running`)
    if (result === true) run.end({ ok: true, summary: 'fine' })
    else run.end(result === false ? { ok: false, summary: 'no luck', findings: [] } : result)
    await turn()
    await turn()
  }
}

function setUp(start: string, contents?: string, only: readonly Schedule[] = schedules) {
  const file = join(directory, 'run', 'jobs.json')
  if (contents !== undefined) {
    mkdirSync(join(directory, 'run'))
    writeFileSync(file, contents)
  }
  const clock = new FakeClock(start)
  const runner = new ManualRunner()
  const log = quietLog()
  return { clock, runner, log, file, scheduler: new Scheduler({ schedules: only, runner, clock, log, file }) }
}

const kinds = (scheduler: Scheduler) =>
  scheduler.queue.history.map((job) => `${job.kind} ${job.cause} ${job.state}`)

test('jobs run at their time, once, and what comes during a run of the same kind is skipped', async () => {
  const { clock, runner, log, scheduler } = setUp('2026-01-10T01:29:58')
  scheduler.tick()
  await runner.end('certificates')
  expect(runner.started).toEqual(['certificates'])
  for (let second = 0; second < 10; second++) {
    clock.pass(1)
    scheduler.tick()
  }
  expect(kinds(scheduler)).toEqual(['certificates start done', 'backup schedule running'])
  expect(scheduler.request('backup')).toBeUndefined()
  expect(log.messages.filter((line) => line.includes('skipped a backup'))).toHaveLength(1)
  clock.pass(86_400)
  scheduler.tick()
  expect(runner.started.filter((kind) => kind === 'backup')).toHaveLength(1)
  await scheduler.stop(100)
})

test('jobs of one lock wait for each other', async () => {
  const { runner, scheduler } = setUp('2026-01-10T12:00:00')
  scheduler.request('backup')
  scheduler.request('proof')
  expect(runner.started).toEqual(['backup'])
  await runner.end('backup')
  expect(runner.started).toEqual(['backup', 'proof'])
  await runner.end('proof')
  expect(runner.started).toEqual(['backup', 'proof', 'retention'])
  await runner.end('retention')
  expect(kinds(scheduler)).toEqual(['backup request done', 'proof request done', 'retention new-proof done'])
})

test('a failure is tried again with growing pauses, and forgotten after a success', async () => {
  const { clock, runner, scheduler } = setUp('2026-01-10T12:00:00')
  scheduler.request('backup')
  await runner.end('backup', false)
  expect(scheduler.observe()).toMatchObject([{ kind: 'backup', ok: false, failures: 1, reason: 'no luck' }])
  clock.pass(59)
  scheduler.tick()
  expect(runner.started.filter((kind) => kind === 'backup')).toHaveLength(1)
  clock.pass(1)
  scheduler.tick()
  expect(runner.started.filter((kind) => kind === 'backup')).toHaveLength(2)
  await runner.end('backup', false)
  clock.pass(60)
  scheduler.tick()
  expect(runner.started.filter((kind) => kind === 'backup')).toHaveLength(2)
  clock.pass(240)
  scheduler.tick()
  await runner.end('backup')
  expect(scheduler.observe().find((job) => job.kind === 'backup')).toMatchObject({
    ok: true,
    failures: 0,
    reason: null,
  })
})

test('a backup after a failed proof, whoever made that, is proven at once; others wait for their time', async () => {
  const { runner, scheduler } = setUp('2026-01-10T12:00:00')
  scheduler.request('backup')
  await runner.end('backup')
  scheduler.request('backup')
  await runner.end('backup', { ok: true, summary: 'fine', proofOwed: true })
  expect(kinds(scheduler)).toEqual(['backup request done', 'backup request done', 'proof new-backup running'])
})

test('what failed for good is not tried again, not even by the next agent', async () => {
  const { clock, runner, scheduler, file } = setUp('2026-01-10T12:00:00')
  scheduler.request('proof')
  await runner.end('proof', false)
  clock.pass(900)
  scheduler.tick()
  expect(runner.started.filter((kind) => kind === 'proof')).toHaveLength(2)
  await runner.end('proof', { ok: false, summary: 'two backups failed', findings: [], final: true })
  clock.pass(7200)
  scheduler.tick()
  await scheduler.stop(100)
  const again = new Scheduler({ schedules, runner, clock, log: quietLog(), file })
  clock.pass(7200)
  again.tick()
  expect(runner.started.filter((kind) => kind === 'proof')).toHaveLength(2)
  expect(again.observe().find((job) => job.kind === 'proof')).toMatchObject({ ok: false, failures: 2 })
  await again.stop(100)
})

test('what was mended on the way is kept with the job', async () => {
  const { runner, scheduler } = setUp('2026-01-10T12:00:00')
  scheduler.request('proof')
  const findings = [diagnose('PROOF_FAILED', { detail: 'x', mend: mend.advice('y') })]
  await runner.end('proof', { ok: true, summary: 'a fresh backup was taken', findings })
  expect(scheduler.queue.history[0]).toMatchObject({ state: 'done', findings: [{ code: 'PROOF_FAILED' }] })
})

test('a missed night is caught up once after a restart', async () => {
  const first = setUp('2026-01-09T12:00:00')
  first.scheduler.tick()
  await first.scheduler.stop(100)
  const clock = new FakeClock('2026-01-13T12:00:00')
  const runner = new ManualRunner()
  const scheduler = new Scheduler({
    schedules: [{ kind: 'backup', cron: '30 1 * * *' }],
    runner,
    clock,
    log: quietLog(),
    file: first.file,
  })
  scheduler.tick()
  await runner.end('backup')
  clock.pass(3600)
  scheduler.tick()
  expect(runner.started).toEqual(['backup'])
  expect(scheduler.queue.history.find((job) => job.kind === 'backup')?.cause).toBe('catch-up')
  await scheduler.stop(100)
})

test('a job the agent was stopped in is recorded as interrupted and resumed, and ids go on', async () => {
  const first = setUp('2026-01-10T12:00:00')
  const job = first.scheduler.request('backup')
  await first.scheduler.stop(100)
  expect(readJobState(first.file).state.history.at(-1)).toMatchObject({ id: job?.id, state: 'interrupted' })
  const runner = new ManualRunner()
  const second = new Scheduler({
    schedules: [],
    runner,
    clock: first.clock,
    log: quietLog(),
    file: first.file,
  })
  second.start()
  expect(runner.started).toEqual(['backup'])
  expect(second.queue.history.at(-1)).toMatchObject({ cause: 'resume', state: 'running' })
  expect(second.queue.history.at(-1)?.id).not.toBe(job?.id)
  await second.stop(100)
})

test('a killed agent finds its running job again as interrupted', () => {
  const { file, scheduler } = setUp('2026-01-10T12:00:00')
  scheduler.request('proof')
  expect(readJobState(file).state.history.at(-1)?.state).toBe('running')
  const again = new Scheduler({
    schedules: [],
    runner: new ManualRunner(),
    clock: new FakeClock('2026-01-10T12:01:00'),
    log: quietLog(),
    file,
  })
  expect(again.queue.history.at(-1)).toMatchObject({ kind: 'proof', state: 'interrupted' })
})

test('a clock set back neither repeats nor stalls', async () => {
  const { clock, runner, scheduler, log } = setUp('2026-01-10T01:29:00', undefined, schedules.slice(0, 1))
  scheduler.tick()
  clock.pass(90)
  scheduler.tick()
  await runner.end('backup')
  const backups = () => runner.started.filter((kind) => kind === 'backup').length
  clock.setWall('2026-01-10T01:00:00')
  for (let minute = 0; minute < 60; minute++) {
    clock.pass(60)
    scheduler.tick()
  }
  expect(backups()).toBe(1)
  expect(log.messages.some((line) => line.includes('the wall clock was set back'))).toBe(true)
  clock.pass(86_400 - 1800)
  scheduler.tick()
  expect(backups()).toBe(2)
  await runner.end('backup')
  clock.setWall('2020-01-10T01:00:00')
  clock.pass(3600)
  scheduler.tick()
  clock.pass(0)
  clock.setWall('2020-01-11T01:31:00')
  scheduler.tick()
  expect(backups()).toBe(3)
  await scheduler.stop(100)
})

test.each(['{"version":1,"next":"x"}', '{', ''])(
  'a damaged history %s is told and stops nothing',
  (contents) => {
    const { log, scheduler } = setUp('2026-01-10T12:00:00', contents)
    expect(log.messages.some((line) => line.includes('cannot be read'))).toBe(true)
    expect(scheduler.request('backup')).toMatchObject({ kind: 'backup' })
  },
)

test('the history keeps 200 and stays readable', async () => {
  const { runner, scheduler, file } = setUp('2026-01-10T12:00:00')
  scheduler.request('certificates')
  await runner.end('certificates')
  const { state } = readJobState(file)
  const [job] = state.history
  const many = Array.from({ length: 200 }, (_, index) => ({ ...job, id: `certificates-${index}` }))
  writeFileSync(file, JSON.stringify({ ...state, history: many, next: 201 }))
  const again = new Scheduler({
    schedules: [],
    runner,
    clock: new FakeClock('2026-01-11T12:00:00'),
    log: quietLog(),
    file,
  })
  expect(again.request('certificates')?.id).toMatch(/-201$/)
  await runner.end('certificates')
  expect(readJobState(file).state.history).toHaveLength(200)
  expect(readJobState(file).state.history[0]?.id).toBe('certificates-1')
})
