import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { connect, createServer, type Socket } from 'node:net'
import { join } from 'node:path'
import { execPath } from 'node:process'
import { expect, test } from 'vitest'
import { clusterAddresses } from '../../../../../testbed/src/cluster-addresses.ts'
import { makeCluster } from '../cluster.testkit.ts'
import { identify, processesIn } from '../process-identity.ts'
import { eventually, makeSandbox, quick, type Sandbox } from '../sandbox.testkit.ts'
import { classHierarchy } from './control-group.ts'
import { localFaults } from './fault-injector.ts'
import { isolationName, isolationNote } from './isolation.ts'

const port = 7411
const root = process.geteuid?.() === 0
const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))

/** A member with an address of its own, whose unit talks to itself and to the test, and the test to it. */
async function makeTalk(sandbox: Sandbox, own: string, other: string) {
  const member = { ...sandbox.member, address: own }
  const faults = localFaults({ ...sandbox, member, timing: quick })
  const file = join(member.paths.run, 'counts.json')
  const server = createServer((client) => {
    const timer = setInterval(() => client.write('x'), 50)
    client.on('error', () => undefined).on('close', () => clearInterval(timer))
  })
  const open = new Set<Socket>()
  server.on('connection', (socket: Socket) => open.add(socket))
  await new Promise<void>((resolve) => server.listen(port, other, resolve))
  const script = join(import.meta.dirname, 'talker.fixture.ts')
  await sandbox.host.startUnit(sandbox.unit('etcd', [execPath, script, own, other, String(port), file]))
  await eventually('the member talks', () => existsSync(file))
  const outside = { pushed: 0, connected: 0 }
  const socket = connect(port, own).on('error', () => undefined)
  socket.on('data', () => outside.pushed++)
  const timer = setInterval(() => {
    const attempt = connect(port, own).on('error', () => undefined)
    attempt.once('connect', () => {
      outside.connected++
      attempt.destroy()
    })
    attempt.setTimeout(1000, () => attempt.destroy())
  }, 100)
  return {
    member,
    faults,
    counts: () =>
      ({ ...(JSON.parse(readFileSync(file, 'utf8')) as Record<string, number>), ...outside }) as Counts,
    [Symbol.dispose]() {
      clearInterval(timer)
      socket.destroy()
      for (const each of open) each.destroy()
      server.close()
    },
  }
}
type Counts = Record<
  'pushedByMyself' | 'pushedByOther' | 'newToMyself' | 'newToOther' | 'pushed' | 'connected',
  number
>

/** What counted up within a while. */
async function growing(counts: () => Counts): Promise<string[]> {
  const before = counts()
  await pause(1500)
  const after = counts()
  return Object.keys(after).filter((key) => after[key as keyof Counts] > before[key as keyof Counts] + 3)
}
const everything = ['pushedByMyself', 'pushedByOther', 'newToMyself', 'newToOther', 'pushed', 'connected']

test.runIf(root)(
  'a member that is cut off talks to itself and to nobody else, and is whole again afterwards',
  async () => {
    await using addresses = await clusterAddresses()
    const [own = '', other = ''] = addresses.members
    await using sandbox = await makeSandbox()
    using talk = await makeTalk(sandbox, own, other)
    const { faults, counts, member } = talk
    await eventually(
      'all talk to each other',
      async () => (await growing(counts)).length === everything.length,
    )
    try {
      await faults.isolate()
      expect(existsSync(isolationNote(member))).toBe(true)
      await pause(300)
      expect(await growing(counts)).toEqual(['pushedByMyself', 'newToMyself'])
      // again, as after a pgherd that was killed; what the supervisor starts now is cut off as well
      await faults.isolate()
      await faults.kill('etcd')
      await pause(1000)
      await eventually(
        'it talks to itself again',
        async () => (await growing(counts)).join() === 'pushedByMyself,newToMyself',
      )
    } finally {
      await faults.rejoin()
    }
    await eventually('new connections are made', async () => {
      const found = await growing(counts)
      return ['newToMyself', 'newToOther', 'connected'].every((each) => found.includes(each))
    })
    await faults.rejoin()
    const name = isolationName(member.paths.state)
    expect(execFileSync('nft', ['list', 'tables'], { encoding: 'utf8' })).not.toContain(name)
    expect(existsSync(join(classHierarchy() ?? '', name))).toBe(false)
    expect(existsSync(isolationNote(member))).toBe(false)
  },
)

test.runIf(root)(
  'some ports are cut alone, and open connections go on when a short partition ends',
  async () => {
    await using addresses = await clusterAddresses()
    const [own = '', other = ''] = addresses.members
    await using sandbox = await makeSandbox()
    using talk = await makeTalk(sandbox, own, other)
    const { faults, counts } = talk
    const allTalk = async () => (await growing(counts)).length === everything.length
    await eventually('all talk to each other', allTalk)
    try {
      await faults.isolate([port + 1])
      expect(await growing(counts)).toEqual(everything)
      await faults.isolate([port, port + 1])
      await pause(300)
      expect(await growing(counts)).toEqual(['pushedByMyself', 'newToMyself'])
      await faults.isolate()
      await pause(1000)
    } finally {
      await faults.rejoin()
    }
    await eventually('all talk again', allTalk)
  },
)

test('an isolation that cannot be made is refused with a reason and leaves nothing', async () => {
  await using sandbox = await makeSandbox()
  const faults = localFaults({ ...sandbox, member: { ...sandbox.member, address: 'pg1.example' } })
  await expect(faults.isolate()).rejects.toThrow('FAULTS_UNAVAILABLE')
  expect(existsSync(isolationNote(sandbox.member))).toBe(false)
  await faults.rejoin()
})

test('PostgreSQL and its keeper are frozen, thawed and killed; a dead member stays dead until it may start', async () => {
  await using sandbox = await makeSandbox()
  const { host, member } = sandbox
  const { faults } = host
  if (!faults) throw new Error('a local host can make faults')
  await host.startUnit(await makeCluster(sandbox))
  await host.startUnit(sandbox.unit('patroni', ['sh', '-c', 'sleep 1000 & sleep 1000 & wait']))
  const answers = () =>
    host.probe({ kind: 'exec', argv: ['true'], parse: () => 1 }).then(async () => {
      const asked = host
        .probe({ kind: 'sql', database: 'postgres', text: 'select 1', parse: () => true })
        .catch(() => false)
      return Promise.race([asked, pause(1500).then(() => false)])
    })
  const pidOf = async (name: string) => (await host.units()).find((unit) => unit.name === name)?.pid ?? 0
  const state = (pid: number) => /^State:\s+(\S)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]

  await faults.freeze('postgres')
  expect(processesIn(member.paths.data).map(({ pid }) => state(pid))).toSatisfy((all: string[]) =>
    all.every((s) => s === 'T'),
  )
  expect(await answers()).toBe(false)
  await faults.thaw('postgres')
  await eventually('it answers again', answers)

  const patroni = await pidOf('patroni')
  await faults.freeze('patroni')
  const children = execFileSync('pgrep', ['-P', String(patroni)], { encoding: 'utf8' })
    .trim()
    .split('\n')
    .map(Number)
  expect(children).toHaveLength(2)
  expect([patroni, ...children].map(state)).toEqual(['T', 'T', 'T'])
  expect(state(await pidOf('postgres'))).not.toBe('T')
  await faults.thaw('patroni')
  expect([patroni, ...children].map(state)).not.toContain('T')

  const postgres = await pidOf('postgres')
  await faults.kill('postgres')
  await eventually(
    'it was started again',
    async () => (await pidOf('postgres')) !== postgres && (await answers()),
  )
  await expect(faults.kill('etcd')).rejects.toThrow('FAULT_WITHOUT_PROCESS')

  const all = [...processesIn(member.paths.data).map(({ pid }) => pid), ...children, await pidOf('patroni')]
  await faults.killEverything()
  await pause(1500)
  expect(all.flatMap((pid) => identify(pid) ?? [])).toEqual([])
  expect(processesIn(member.paths.data)).toEqual([])
  expect(await sandbox.client.status()).toBeUndefined()
  await faults.allowStart()
  await eventually('it answers again', answers)
})
