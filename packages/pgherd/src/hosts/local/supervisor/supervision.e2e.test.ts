import {
  chmodSync,
  existsSync,
  lstatSync,
  readFileSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { DiagnosticError } from '../../../diagnostic/diagnostic.ts'
import { identify } from '../process-identity.ts'
import { eventually, makeSandbox, type Sandbox } from '../sandbox.testkit.ts'
import { makeCluster } from '../cluster.testkit.ts'
import { findPostmaster } from './postmaster-file.ts'
import { supervisorPaths } from './supervisor-paths.ts'

const stateOf = async ({ host }: Sandbox, name: string) =>
  (await host.units()).find((unit) => unit.name === name)
const logOf = ({ member }: Sandbox, name: string) =>
  readFileSync(join(member.paths.logs, `${name}.log`), 'utf8')
const events = (sandbox: Sandbox, unit: string) =>
  logOf(sandbox, 'supervisor')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as { time: string; unit: string; event: string })
    .filter((each) => each.unit === unit)
const findingOf = async (work: Promise<unknown>) => {
  const error = await work.then(
    () => undefined,
    (reason: unknown) => reason,
  )
  return error instanceof DiagnosticError ? error.diagnostics[0] : error
}

test('a unit that keeps failing is started less and less often, and never given up', async () => {
  await using sandbox = await makeSandbox({
    firstDelay: 40,
    longestDelay: 400,
    settleAfter: 60,
    stableAfter: 60_000,
  })
  const broken = sandbox.unit('broken', ['sh', '-c', 'echo started; exit 3'])
  expect(await findingOf(sandbox.host.startUnit(broken))).toMatchObject({
    code: 'UNIT_NOT_STARTED',
    detail: expect.stringContaining('broken exited with code 3') as string,
  })
  await eventually('seven restarts', async () => ((await stateOf(sandbox, 'broken'))?.restarts ?? 0) >= 7)
  expect(await stateOf(sandbox, 'broken')).toMatchObject({ supervised: true, lastExit: 'exited with code 3' })
  const delays = events(sandbox, 'broken')
    .flatMap(({ event }) => /next start in (\d+) ms/.exec(event)?.[1] ?? [])
    .map(Number)
  expect(
    delays
      .slice(0, 6)
      .every(
        (delay, index) =>
          delay >= 0.75 * Math.min(400, 40 * 2 ** index) && delay <= 1.25 * Math.min(400, 40 * 2 ** index),
      ),
  ).toBe(true)
  // the next start with a good definition heals it at once
  await sandbox.host.startUnit({ ...broken, argv: ['sleep', '1000'] })
  expect(await stateOf(sandbox, 'broken')).toMatchObject({ state: 'running', restarts: 0 })
})

test('a program that is not there is a failing unit like any other', async () => {
  await using sandbox = await makeSandbox()
  const finding = await findingOf(sandbox.host.startUnit(sandbox.unit('absent', ['/no/such/program'])))
  expect(finding).toMatchObject({
    code: 'UNIT_NOT_STARTED',
    detail: expect.stringContaining('ENOENT') as string,
  })
  expect((await stateOf(sandbox, 'absent'))?.state).toBe('backing-off')
  await sandbox.host.stopUnit('absent')
  expect((await stateOf(sandbox, 'absent'))?.state).toBe('stopped')
})

test('logs are rotated by size while the program goes on writing', async () => {
  await using sandbox = await makeSandbox({ rotateEvery: 60, logBytes: 20_000, logsKept: 2 })
  const chatter =
    'i=0; while :; do i=$((i+1)); echo "line $i of a program that talks a lot"; [ $((i % 50)) -eq 0 ] && sleep 0.01; done'
  await sandbox.host.startUnit(sandbox.unit('chatty', ['sh', '-c', chatter]))
  const names = () =>
    readdirSync(sandbox.member.paths.logs)
      .filter((name) => name.startsWith('chatty'))
      .sort()
  await eventually('two rotated files', () => names().length === 3)
  await eventually(
    'more rotations',
    () => events(sandbox, 'supervisor').filter(({ event }) => event.startsWith('rotated')).length >= 4,
  )
  await sandbox.host.stopUnit('chatty')
  expect(names()).toEqual(['chatty.log', 'chatty.log.1', 'chatty.log.2'])
  const owner = sandbox.runAs.uid
  for (const name of names())
    expect(lstatSync(join(sandbox.member.paths.logs, name))).toMatchObject({ uid: owner, mode: 0o100600 })
  // the cut file starts with whole lines again, not with a hole
  expect(readFileSync(join(sandbox.member.paths.logs, 'chatty.log'), 'utf8')).not.toContain('\0')
  expect(readFileSync(join(sandbox.member.paths.logs, 'chatty.log.1'), 'utf8')).toMatch(/^(line|\d| of)/)
})

test('dependents stop first, and SIGTERM to the supervisor keeps what should run for the next start', async () => {
  await using sandbox = await makeSandbox()
  const slow = ['sh', '-c', 'trap "sleep 0.1; exit 0" TERM; while :; do sleep 0.02; done']
  await sandbox.host.startUnit(sandbox.unit('base', slow))
  await sandbox.host.startUnit(sandbox.unit('middle', slow, { after: ['base'] }))
  await sandbox.host.startUnit(sandbox.unit('top', slow, { after: ['middle'] }))
  const pid = (await sandbox.client.status())?.pid ?? 0
  process.kill(pid, 'SIGTERM')
  await eventually('the supervisor has ended', () => identify(pid) === undefined)
  const stops = logOf(sandbox, 'supervisor')
    .split('\n')
    .flatMap((line) => (line.includes('"stopped"') ? [(JSON.parse(line) as { unit: string }).unit] : []))
  expect(stops).toEqual(['top', 'middle', 'base'])

  await sandbox.host.startUnit(sandbox.unit('another', ['sleep', '1000']))
  await eventually('all run again', async () =>
    (await sandbox.host.units()).every(({ state }) => state === 'running'),
  )
  const { units } = await sandbox.client.request({ do: 'shutdown' })
  expect(units.map(({ state }) => state)).toEqual(['stopped', 'stopped', 'stopped', 'stopped'])
  await eventually('nobody listens', async () => (await sandbox.client.status()) === undefined)
  await sandbox.host.startUnit(sandbox.unit('another', ['sleep', '1000']))
  expect(
    (await sandbox.host.units()).filter(({ state }) => state === 'running').map(({ name }) => name),
  ).toEqual(['another'])
})

test('a program that ignores its signal is killed in the end; a frozen server is stopped properly', async () => {
  await using sandbox = await makeSandbox()
  const deaf = sandbox.unit('deaf', ['sh', '-c', 'trap "" TERM; while :; do sleep 0.05; done'], {
    stop: { signal: 'SIGTERM', timeoutSeconds: 0.3, thenSignal: 'SIGKILL' },
  })
  await sandbox.host.startUnit(deaf)
  const pid = (await stateOf(sandbox, 'deaf'))?.pid ?? 0
  await sandbox.host.stopUnit('deaf')
  expect(identify(pid)).toBeUndefined()

  await sandbox.host.startUnit(await makeCluster(sandbox))
  const server = findPostmaster(sandbox.member.paths.data)
  expect(server?.ready).toBe(true)
  process.kill(server?.process.pid ?? 0, 'SIGSTOP')
  await sandbox.host.stopUnit('postgres')
  expect(findPostmaster(sandbox.member.paths.data)).toBeUndefined()
  expect(logOf(sandbox, 'postgres')).toContain('database system is shut down')
})

test('a reload is one signal, and refused for a unit that has none', async () => {
  await using sandbox = await makeSandbox()
  const listening = sandbox.unit(
    'listening',
    ['sh', '-c', 'trap "echo read again" HUP; while :; do sleep 0.05; done'],
    { reload: { signal: 'SIGHUP' } },
  )
  await sandbox.host.startUnit(listening)
  await sandbox.host.reloadUnit(listening)
  await eventually('the program has heard', () => logOf(sandbox, 'listening') === 'read again\n')
  await sandbox.host.startUnit(sandbox.unit('other', ['sleep', '1000']))
  expect(await findingOf(sandbox.host.reloadUnit(sandbox.unit('other', [])))).toMatchObject({
    code: 'UNIT_REFUSED',
  })
})

test('nothing is started from a definition that somebody else could have written', async () => {
  await using sandbox = await makeSandbox()
  const { units } = sandbox.member.paths
  await sandbox.host.startUnit(sandbox.unit('good', ['sleep', '1000']))
  const evil = JSON.stringify({
    unit: sandbox.unit('evil', ['touch', join(sandbox.member.paths.state, 'evil')]),
    digest: 'x',
  })
  writeFileSync(join(units, 'evil.json'), evil)
  chmodSync(join(units, 'evil.json'), 0o666)
  const refuse = async (name: string) => findingOf(sandbox.client.request({ do: 'start', unit: name }))
  expect(await refuse('evil')).toMatchObject({
    code: 'UNIT_REFUSED',
    detail: expect.stringContaining('others may write to it') as string,
  })
  symlinkSync('evil.json', join(units, 'linked.json'))
  expect(await refuse('linked')).toMatchObject({ detail: expect.stringContaining('symbolic link') as string })
  expect(await refuse('../units/evil')).toMatchObject({
    detail: expect.stringContaining('no name of a unit') as string,
  })
  expect(await refuse('unheard-of')).toMatchObject({
    detail: expect.stringContaining('there is no unit unheard-of') as string,
  })
  expect(existsSync(join(sandbox.member.paths.state, 'evil'))).toBe(false)
})

test('the control socket is closed to others and survives nonsense', async () => {
  await using sandbox = await makeSandbox()
  await sandbox.host.startUnit(sandbox.unit('a', ['sleep', '1000']))
  const { socket } = supervisorPaths(sandbox.member.paths.state, sandbox.invoker.uid)
  expect(lstatSync(socket).mode & 0o777).toBe(0o660)
  if (sandbox.invoker.uid === 0) expect(lstatSync(socket)).toMatchObject({ uid: 0, gid: sandbox.runAs.gid })
  const say = (text: string) =>
    new Promise<string>((resolve) => {
      let answer = ''
      const client = connect(socket, () => client.end(text))
      client.on('data', (data) => (answer += data.toString()))
      client.on('error', () => resolve(answer))
      client.on('close', () => resolve(answer))
    })
  const nonsense = '{"ok":false,"error":"not a request"}\n'
  expect(await say('nonsense\n')).toBe(nonsense)
  expect(await say('{"do":"start"}\n{"do":"exec","argv":["id"]}\n[]\nnull\n')).toBe(nonsense.repeat(4))
  expect(await say(`${'x'.repeat(100_000)}`)).toBe('')
  expect((await stateOf(sandbox, 'a'))?.state).toBe('running')
})

test('when the state directory is removed, nothing is left running', async () => {
  await using sandbox = await makeSandbox()
  await sandbox.host.startUnit(sandbox.unit('a', ['sleep', '1000']))
  const pids = [(await stateOf(sandbox, 'a'))?.pid ?? 0, (await sandbox.client.status())?.pid ?? 0]
  rmSync(sandbox.member.paths.state, { recursive: true })
  await eventually('both have ended', () => pids.every((pid) => identify(pid) === undefined))
})
