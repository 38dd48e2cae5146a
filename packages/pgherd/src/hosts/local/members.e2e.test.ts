import { dirname, join } from 'node:path'
import { expect, test } from 'vitest'
import { layOut, memberNamed } from '../../topology/topology.ts'
import { makeCluster } from './cluster.testkit.ts'
import { createLocalHost } from './local-host.ts'
import { identify } from './process-identity.ts'
import { eventually, makeSandbox, quick, type Sandbox } from './sandbox.testkit.ts'
import { stopEverything } from './stop-everything.ts'
import { findPostmaster } from './supervisor/postmaster-file.ts'
import { SupervisorClient } from './supervisor/supervisor-client.ts'
import { supervisorPaths } from './supervisor/supervisor-paths.ts'

/** Two servers of a cluster in the state directory of a sandbox, with the directories a plan makes, each with a host. */
async function makeMembers(sandbox: Sandbox) {
  const { spec, member, runAs, invoker } = sandbox
  const cluster = { ...spec, topology: { ...spec.topology, members: 3 } }
  const topology = layOut(cluster, { state: member.paths.state, sockets: member.paths.sockets })
  return Promise.all(
    ['pg1', 'pg2'].map(async (name) => {
      const each = memberNamed(topology, name)
      const host = createLocalHost({ member: each, spec: cluster, runAs, invoker, timing: quick })
      const { paths } = each
      for (const path of [paths.state, paths.units]) await host.makeDirectory(path, 0o755, 'invoker')
      for (const path of [dirname(paths.data), paths.logs, paths.run, paths.sockets])
        await host.makeDirectory(path, 0o700, 'run-as')
      const client = new SupervisorClient(supervisorPaths(paths.state, invoker.uid).socket)
      return { member: each, host, client }
    }),
  )
}

const python = ['/usr/bin/python3', '-c', 'import time\nwhile True: time.sleep(1)']

test('every member of a machine has a supervisor of its own, and all are stopped', async () => {
  await using sandbox = await makeSandbox()
  const members = await makeMembers(sandbox)
  for (const { host, member } of members)
    await host.startUnit(sandbox.unit('patroni', python, { logFile: join(member.paths.logs, 'patroni.log') }))
  const supervisors = await Promise.all(members.map(async ({ client }) => (await client.status())?.pid))
  expect(new Set(supervisors).size).toBe(2)
  for (const { host, member } of members)
    expect(await stopEverything(host, member, sandbox)).toEqual(['patroni'])
  for (const { host, client } of members) {
    expect(await client.status()).toBeUndefined()
    expect((await host.units()).map(({ state }) => state)).toEqual(['stopped'])
  }
  for (const { host, member } of members) expect(await stopEverything(host, member, sandbox)).toEqual([])
})

test('a Patroni in Python goes on without its supervisor and is taken over by the next one', async () => {
  await using sandbox = await makeSandbox()
  const [{ host, client, member } = expect.fail('there is a member')] = await makeMembers(sandbox)
  const unit = sandbox.unit('patroni', python, {
    logFile: join(member.paths.logs, 'patroni.log'),
    reload: { signal: 'SIGHUP' },
  })
  await host.startUnit(unit)
  const before = (await host.units())[0]
  const supervisor = (await client.status())?.pid ?? 0
  process.kill(supervisor, 'SIGKILL')
  await eventually('the supervisor is gone', () => identify(supervisor) === undefined)
  expect((await host.units())[0]).toMatchObject({ state: 'running', supervised: false, pid: before?.pid })
  await host.startUnit(unit)
  expect((await host.units())[0]).toEqual(before)
  // python ends on SIGHUP unless it handles it: the signal has arrived, and the supervisor starts the adopted unit anew
  await host.reloadUnit(unit)
  await eventually('it was started again', async () => {
    const [now] = await host.units()
    return now?.state === 'running' && now.pid !== before?.pid && now.restarts > 0
  })
  await stopEverything(host, member, sandbox)
})

test('when Patroni is stopped its server does not stay, whoever is its parent', async () => {
  await using sandbox = await makeSandbox()
  const [{ host, member } = expect.fail('there is a member')] = await makeMembers(sandbox)
  const { data } = member.paths
  const { argv } = await makeCluster({ ...sandbox, host, member })
  const start = async () => {
    const started = await host.exec([
      join(dirname(argv[0] ?? ''), 'pg_ctl'), '-D', data, '-w', '-l', join(member.paths.logs, 'pg.log'), 'start',
    ]) // prettier-ignore
    expect(started.code).toBe(0)
  }
  const patroni = sandbox.unit('patroni', python, { logFile: join(member.paths.logs, 'patroni.log') })
  await start()
  await host.startUnit(patroni)
  await host.stopUnit('patroni')
  expect(findPostmaster(data)).toBeUndefined()
  await start()
  await host.startUnit(patroni)
  await stopEverything(host, member, sandbox)
  expect(findPostmaster(data)).toBeUndefined()
  await start()
  await stopEverything(host, member, sandbox)
  expect(findPostmaster(data)).toBeUndefined()
})

test('missing parents are made passable whatever the umask', async () => {
  await using sandbox = await makeSandbox()
  const { host, member, uidOf } = {
    ...sandbox,
    uidOf: { invoker: sandbox.invoker.uid, runAs: sandbox.runAs.uid },
  }
  const shared = join(member.paths.run, 'deep')
  const before = process.umask(0o077)
  try {
    await host.makeDirectory(join(shared, 's', 'pg1'), 0o700, 'run-as')
  } finally {
    process.umask(before)
  }
  expect(await host.stat(join(shared, 's'))).toEqual({ mode: 0o755, uid: uidOf.invoker, kind: 'directory' })
  expect(await host.stat(join(shared, 's', 'pg1'))).toEqual({
    mode: 0o700,
    uid: uidOf.runAs,
    kind: 'directory',
  })
})
