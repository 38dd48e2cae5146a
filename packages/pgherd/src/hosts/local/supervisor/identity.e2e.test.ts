import { lstatSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { expect, test } from 'vitest'
import { eventually, makeSandbox } from '../sandbox.testkit.ts'

test('a unit runs as the run-as user, in a session of its own, without the environment of the invoker', async () => {
  await using sandbox = await makeSandbox()
  process.env['SECRET_OF_INVOKER'] = 'hidden'
  const script = 'echo "$(id -u) $(id -g) $(id -G) $HOME"; env; sleep 1000'
  await sandbox.host.startUnit(sandbox.unit('who', ['sh', '-c', script], { env: { EXTRA: 'given' } }))
  delete process.env['SECRET_OF_INVOKER']
  const log = join(sandbox.member.paths.logs, 'who.log')
  await eventually('it has written', () => readFileSync(log, 'utf8').includes('EXTRA=given'))
  const text = readFileSync(log, 'utf8')
  const { uid, gid, home, name } = sandbox.runAs
  if (sandbox.invoker.uid === 0) expect(text.split('\n')[0]).toBe(`${uid} ${gid} ${gid} ${home}`)
  expect(text).toContain(`USER=${name}\n`)
  expect(text).not.toContain('hidden')
  const pid = (await sandbox.host.units())[0]?.pid ?? 0
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
  expect(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[3]).toBe(String(pid))
  expect(lstatSync(log)).toMatchObject({ uid, mode: 0o100600 })
})

test('a unit that drops its rights has none of root left: user, group, groups, home', async () => {
  await using sandbox = await makeSandbox()
  const module = pathToFileURL(join(import.meta.dirname, '..', 'drop-privileges.ts')).href
  // loaded as root, as the agent is: the files of a checkout below /root are closed to the run-as user
  const script = `
    import { readFileSync } from 'node:fs'
    const { dropPrivileges } = await import(${JSON.stringify(module)})
    const before = process.getuid()
    dropPrivileges()
    const attempt = (work) => { try { work(); return 'allowed' } catch (error) { return error.code } }
    console.log(JSON.stringify({
      before, uid: process.getuid(), euid: process.geteuid(), gid: process.getgid(), egid: process.getegid(), groups: process.getgroups(),
      home: process.env.HOME, user: process.env.USER, told: process.env.PGHERD_DROP_TO ?? null,
      shadow: attempt(() => readFileSync('/etc/shadow')), back: attempt(() => process.setuid(0)), backGroup: attempt(() => process.setgid(0)),
      status: readFileSync('/proc/self/status', 'utf8').match(/(Uid|Gid|Groups|CapEff|CapPrm):.*/g),
    }))
    setInterval(() => undefined, 1000)`
  const argv = [process.execPath, '--input-type=module', '--eval', script]
  await sandbox.host.startUnit(sandbox.unit('agent', argv, { user: 'drops' }))
  const log = join(sandbox.member.paths.logs, 'agent.log')
  await eventually('it has written', () => readFileSync(log, 'utf8').endsWith('}\n'))
  const told = JSON.parse(readFileSync(log, 'utf8')) as Record<string, unknown>
  const { uid, gid, home, name } = sandbox.runAs
  expect(told).toMatchObject({
    before: sandbox.invoker.uid,
    uid,
    euid: uid,
    gid,
    egid: gid,
    shadow: 'EACCES',
    back: 'EPERM',
    told: null,
  })
  if (sandbox.invoker.uid !== 0) return
  expect(told).toMatchObject({ groups: [gid], home, user: name, backGroup: 'EPERM' })
  const four = (id: number) => [id, id, id, id].join('\t')
  expect(told['status']).toEqual([
    `Uid:\t${four(uid)}`,
    `Gid:\t${four(gid)}`,
    `Groups:\t${gid} `,
    'CapPrm:\t0000000000000000',
    'CapEff:\t0000000000000000',
  ])
})
