import { chmodSync, lstatSync, realpathSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { Herd } from '@pgherd/testbed/herd.ts'
import { unprivilegedAccount } from '@pgherd/testbed/unprivileged.ts'
import { expect, test } from 'vitest'

test('an ordinary user needs no root: up, proven, down', async () => {
  const { uid, gid } = unprivilegedAccount()
  await using herd = await Herd.create({ uid, gid })
  const run = await herd.run('up', '--yes', '--json')
  expect(run.code, run.stdout + run.stderr + herd.logs()).toBe(0)
  expect(run.json()).toMatchObject({ ok: true, proof: { ok: true } })
  expect(statSync(join(herd.state, 'data')).uid).toBe(uid)
  expect((await herd.query('app', 'select 1 as one')).rows).toEqual([{ one: 1 }])
})

test('below a directory nobody else may enter the state is where the server can reach it: for root elsewhere, with a link', async () => {
  await using herd = await Herd.create()
  chmodSync(herd.directory, 0o700)
  await herd.up()
  const state = realpathSync(herd.state)
  try {
    // an ordinary user is who the server runs as, and needs no detour
    expect(lstatSync(herd.state).isSymbolicLink()).toBe(process.getuid?.() === 0)
    expect((await herd.query('app', 'select 1 as one')).rows).toEqual([{ one: 1 }])
    await herd.run('down', '--yes')
    await herd.up()
    expect((await herd.run('plan', '--json')).json<{ steps: unknown[] }>().steps).toEqual([])
    await herd.run('down', '--yes')
  } finally {
    rmSync(state, { recursive: true, force: true })
  }
})
