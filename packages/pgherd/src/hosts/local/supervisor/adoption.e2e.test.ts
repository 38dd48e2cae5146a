import { existsSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { expect, test } from 'vitest'
import { definitionDigest } from '../../../components/digest.ts'
import { identify } from '../process-identity.ts'
import { eventually, makeSandbox, type Sandbox } from '../sandbox.testkit.ts'
import { makeCluster } from '../cluster.testkit.ts'
import { findPostmaster } from './postmaster-file.ts'
import { startSupervisor } from './start-supervisor.ts'
import { supervisorPaths } from './supervisor-paths.ts'
import { writeRecords } from './unit-record.ts'

const stateOf = async ({ host }: Sandbox, name = 'postgres') =>
  (await host.units()).find((unit) => unit.name === name)
const supervisorOf = async ({ client }: Sandbox): Promise<number> => {
  const pid = (await client.status())?.pid
  if (pid === undefined) throw new Error('no supervisor runs')
  return pid
}
const readIfThere = (path: string) => (existsSync(path) ? readFileSync(path, 'utf8') : '')
const kill9 = async (pid: number) => {
  process.kill(pid, 'SIGKILL')
  await eventually(`pid ${pid} is gone`, () => identify(pid) === undefined)
}
const askStart = async ({ host }: Sandbox) =>
  host.probe({
    kind: 'sql',
    database: 'postgres',
    text: 'select pg_postmaster_start_time()::text as at',
    parse: ([row]) => String(row?.['at']),
  })

test('what a unit leaves behind is reaped: it becomes a child of the reaper above the supervisor', async () => {
  await using sandbox = await makeSandbox()
  const log = join(sandbox.member.paths.logs, 'leaver.log')
  await sandbox.host.startUnit(
    sandbox.unit('leaver', ['/bin/sh', '-c', '(sleep 60 & echo orphan $!); exec sleep 60']),
  )
  const orphanOf = () => Number(/^orphan (\d+)$/m.exec(readIfThere(log))?.[1] ?? 0)
  await eventually('an orphan', () => orphanOf() > 0)
  const orphan = orphanOf()
  const parent = /^PPid:\t(\d+)$/m.exec(readFileSync(`/proc/${orphan}/status`, 'utf8'))?.[1] ?? ''
  expect(readFileSync(`/proc/${parent}/comm`, 'utf8')).toBe('tini\n')
  process.kill(orphan, 'SIGKILL')
  await eventually('it is gone, not a zombie', () => !existsSync(`/proc/${orphan}`))
})

test('a server goes on without its supervisor, and the next one takes it over', async () => {
  await using sandbox = await makeSandbox()
  const unit = await makeCluster(sandbox)
  await sandbox.host.startUnit(unit)
  const before = await stateOf(sandbox)
  const began = await askStart(sandbox)
  expect(before).toMatchObject({ state: 'running', supervised: true, restarts: 0 })

  const first = await supervisorOf(sandbox)
  await kill9(first)
  expect(await askStart(sandbox)).toBe(began)
  expect(await stateOf(sandbox)).toMatchObject({ state: 'running', supervised: false, pid: before?.pid })

  await sandbox.host.startUnit(unit)
  expect(await supervisorOf(sandbox)).not.toBe(first)
  expect(await stateOf(sandbox)).toEqual(before)
  expect(await askStart(sandbox)).toBe(began)

  // an adopted process is watched like a child
  await kill9(before?.pid ?? 0)
  await eventually(
    'the server is back',
    async () =>
      (await stateOf(sandbox))?.state === 'running' && (await stateOf(sandbox))?.pid !== before?.pid,
  )
  // more than one start, when the sessions of the killed server still hold its shared memory
  const after = await stateOf(sandbox)
  expect(after?.supervised).toBe(true)
  expect(after?.restarts).toBeGreaterThanOrEqual(1)
  expect(await askStart(sandbox)).not.toBe(began)
})

test('never a second server, even when everything that was written down is lost', async () => {
  await using sandbox = await makeSandbox()
  const unit = await makeCluster(sandbox)
  await sandbox.host.startUnit(unit)
  const pid = (await stateOf(sandbox))?.pid
  await kill9(await supervisorOf(sandbox))
  rmSync(supervisorPaths(sandbox.member.paths.state, sandbox.invoker.uid).record)

  // the definition of a server that somebody else started is unknown: it is stopped properly before the start
  await sandbox.host.startUnit(unit)
  const after = await stateOf(sandbox)
  expect(after).toMatchObject({ state: 'running', restarts: 0 })
  expect(after?.pid).not.toBe(pid)
  expect(identify(pid ?? 0)).toBeUndefined()
  expect(findPostmaster(sandbox.member.paths.data)?.process.pid).toBe(after?.pid)
})

test('what should run and died together with the supervisor is started by the next one', async () => {
  await using sandbox = await makeSandbox()
  await sandbox.host.startUnit(sandbox.unit('first', ['sleep', '1000']))
  await sandbox.host.startUnit(sandbox.unit('second', ['sleep', '1000'], { after: ['first'] }))
  await sandbox.host.startUnit(sandbox.unit('idle', ['sleep', '1000']))
  await sandbox.host.stopUnit('idle')
  const pids = (await sandbox.host.units()).map(({ pid }) => pid)
  await kill9(await supervisorOf(sandbox))
  for (const pid of pids) if (pid !== undefined) await kill9(pid)
  expect((await sandbox.host.units()).map(({ state }) => state)).toEqual(['stopped', 'stopped', 'stopped'])

  // any change brings a supervisor back, which starts what was wanted
  await sandbox.host.stopUnit('idle')
  await eventually(
    'both run',
    async () => (await sandbox.host.units()).filter(({ state }) => state === 'running').length === 2,
  )
  expect(await stateOf(sandbox, 'idle')).toMatchObject({ state: 'stopped' })
  expect(await stateOf(sandbox, 'first')).toMatchObject({
    state: 'running',
    lastExit: 'ended while no supervisor ran',
  })
})

test('two supervisors started at once are one', async () => {
  await using sandbox = await makeSandbox()
  const units = ['a', 'b', 'c'].map((name) => sandbox.unit(name, ['sleep', '1000']))
  await Promise.all(units.map((unit) => sandbox.host.startUnit(unit)))
  const states = await sandbox.host.units()
  expect(states.map(({ name, state }) => `${name} ${state}`).sort()).toEqual([
    'a running',
    'b running',
    'c running',
  ])
  expect(new Set(states.map(({ pid }) => pid)).size).toBe(3)
})

test('a process the supervisor started but had no time to write down is found by its mark', async () => {
  await using sandbox = await makeSandbox()
  const unit = sandbox.unit('worker', ['sleep', '1000'])
  await sandbox.host.startUnit(unit)
  const pid = (await stateOf(sandbox, 'worker'))?.pid ?? 0
  const mark = /PGHERD_UNIT_MARK=([^\0]+)/.exec(readFileSync(`/proc/${pid}/environ`, 'utf8'))?.[1]
  const { definition } = (await stateOf(sandbox, 'worker')) ?? {}
  await kill9(await supervisorOf(sandbox))
  // as it is between the start of the process and the note of its id
  const record = supervisorPaths(sandbox.member.paths.state, sandbox.invoker.uid).record
  writeRecords(record, {
    worker: { wanted: 'running', restarts: 0, mark: mark ?? '', definition: definition ?? '' },
  })

  await sandbox.host.startUnit(unit)
  expect((await stateOf(sandbox, 'worker'))?.pid).toBe(pid)
})

test('after a reboot the process ids that were written down mean nothing, even when somebody else has them now', async () => {
  await using sandbox = await makeSandbox()
  const unit = await makeCluster(sandbox)
  await sandbox.host.startUnit(unit)
  await sandbox.client.request({ do: 'shutdown' })
  await eventually('nobody listens', async () => (await sandbox.client.status()) === undefined)
  // this very process has got the id of the server of the last boot, in the record and in postmaster.pid
  const record = supervisorPaths(sandbox.member.paths.state, sandbox.invoker.uid).record
  writeRecords(record, {
    postgres: {
      wanted: 'running',
      restarts: 0,
      definition: 'old',
      process: { pid: process.pid, started: 'another-boot/4711' },
    },
  })
  const { data } = sandbox.member.paths
  writeFileSync(join(data, 'postmaster.pid'), `${process.pid}\n${data}\n1700000000\n5432\n\n\n\nready\n`)
  expect(await stateOf(sandbox)).toMatchObject({ state: 'stopped', supervised: false })

  utimesSync(join(data, 'postmaster.pid'), 1700000000, 1700000000)

  await sandbox.host.startUnit(unit)
  expect(await stateOf(sandbox)).toMatchObject({ state: 'running', restarts: 0 })
  expect(identify(process.pid)).toBeDefined()
})

test('a server that somebody started by hand is taken over by a start, with the right definition', async () => {
  await using sandbox = await makeSandbox()
  const unit = await makeCluster(sandbox)
  await sandbox.host.startUnit(sandbox.unit('other', ['sleep', '1000']))
  const [postgres = ''] = unit.argv
  const { data } = sandbox.member.paths
  const pgCtl = join(dirname(postgres), 'pg_ctl')
  const started = await sandbox.host.exec([pgCtl, '-D', data, '-w', '-l', join(data, 'by-hand.log'), 'start'])
  expect(started.code).toBe(0)
  const byHand = findPostmaster(data)?.process.pid
  await sandbox.host.startUnit(unit)
  const now = await stateOf(sandbox)
  expect(now).toMatchObject({ state: 'running', supervised: true, definition: definitionDigest(unit) })
  expect(now?.pid).not.toBe(byHand)
  expect(identify(byHand ?? 0)).toBeUndefined()
  await sandbox.host.stopUnit('postgres')
  expect(findPostmaster(data)).toBeUndefined()
})

test('a path too long for a socket leads to a directory of its own that only its owner decides about', async () => {
  await using sandbox = await makeSandbox()
  const long = join(sandbox.member.paths.state, 'l'.repeat(90))
  const { socketDirectory, socket } = supervisorPaths(long, sandbox.invoker.uid)
  expect(socket.length).toBeLessThan(104)
  expect(socketDirectory).toMatch(new RegExp(`^/tmp/pgherd-supervisor-${sandbox.invoker.uid}-`))
  for (const path of [long, join(long, 'units'), join(long, 'logs')])
    await sandbox.host.makeDirectory(path, 0o755, 'invoker')
  const paths = { state: long, units: join(long, 'units'), logs: join(long, 'logs') }
  const client = await startSupervisor({ paths, runAs: sandbox.runAs, invoker: sandbox.invoker })
  expect((await client.status())?.units).toEqual([])
  await client.request({ do: 'shutdown' })
  await eventually('nobody listens', async () => (await client.status()) === undefined)
  rmSync(socketDirectory, { recursive: true })
})
