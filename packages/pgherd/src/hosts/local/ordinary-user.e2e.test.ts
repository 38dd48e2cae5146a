import { spawnSync } from 'node:child_process'
import { chmodSync, chownSync, existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { expect, test } from 'vitest'
import { unprivilegedAccount } from '../../../../testbed/src/unprivileged.ts'

const here = (name: string) => JSON.stringify(pathToFileURL(join(import.meta.dirname, name)).href)

/** Brings a server up and down again, through a crash of server and supervisor, as whoever runs it. */
const script = `
  const { makeSandbox, eventually } = await import(${here('sandbox.testkit.ts')})
  const { makeCluster } = await import(${here('cluster.testkit.ts')})
  const { identify } = await import(${here('process-identity.ts')})
  await using sandbox = await makeSandbox()
  const { host, client } = sandbox
  const ask = (text) => host.probe({ kind: 'sql', database: 'postgres', text, parse: ([row]) => row.answer })
  await host.startUnit(await makeCluster(sandbox))
  await host.sql('postgres', [{ text: 'create table public.kept as select 7 as n' }])
  const told = { uid: process.getuid(), runAs: sandbox.runAs.uid, kept: await ask('select n as answer from public.kept') }
  const supervisor = (await client.status()).pid
  process.kill(supervisor, 'SIGKILL')
  await eventually('the supervisor is gone', () => identify(supervisor) === undefined)
  const [{ pid }] = await host.units()
  process.kill(pid, 'SIGKILL')
  await eventually('the server is gone', () => identify(pid) === undefined)
  await host.startUnit(sandbox.unit('other', ['sleep', '1000']))
  await eventually('the server is back', async () => (await host.units()).every(({ state }) => state === 'running'))
  told.after = await ask('select n as answer from public.kept')
  told.states = (await host.units()).map(({ name, state }) => name + ' ' + state).sort()
  await client.request({ do: 'shutdown' })
  console.log(JSON.stringify(told))`

test('everything works for an ordinary user as well', () => {
  const { uid, gid } = unprivilegedAccount()
  const scratch = mkdtempSync(join(tmpdir(), 'pgu-'))
  chmodSync(scratch, 0o700)
  const asRoot = process.getuid?.() === 0
  if (asRoot) chownSync(scratch, uid, gid)
  try {
    const { status, stdout, stderr } = spawnSync(
      process.execPath,
      ['--input-type=module', '--eval', script],
      {
        ...(asRoot ? { uid, gid } : {}),
        encoding: 'utf8',
        cwd: '/',
        env: { PATH: process.env['PATH'], HOME: scratch, TMPDIR: scratch },
      },
    )
    expect(stderr).toBe('')
    expect(status).toBe(0)
    expect(JSON.parse(stdout)).toEqual({
      uid,
      runAs: uid,
      kept: 7,
      after: 7,
      states: ['other running', 'postgres running'],
    })
    expect(readdirSync(scratch)).toEqual([])
  } finally {
    if (existsSync(scratch)) rmSync(scratch, { recursive: true })
  }
})
