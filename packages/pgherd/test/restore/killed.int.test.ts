import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync, readFileSync } from 'node:fs'
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { proveBackup } from '../../src/operations/prove.ts'
import { resumeRestore, runRestore } from '../../src/operations/restore.ts'
import { World } from './world.ts'

/** Runs a proof or a restore and kills it with SIGKILL some time after it has reported something. */
async function killAt(
  world: World,
  what: 'prove' | 'restore',
  report: string,
  afterMs: number,
): Promise<void> {
  const directory = await mkdtemp(join(tmpdir(), 'pgherd-child-'))
  const file = join(directory, 'context.json')
  await writeFile(
    file,
    JSON.stringify({ ...world.context, key: await world.context.readSecret('backup-key') }),
    { mode: 0o600 },
  )
  const child = spawn(process.execPath, [join(import.meta.dirname, 'child.ts'), what, file], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const exited = once(child, 'exit')
  let reported = false
  for await (const line of createInterface({ input: child.stdout })) {
    if (!line.startsWith(report)) continue
    reported = true
    await sleep(afterMs)
    child.kill('SIGKILL')
    break
  }
  expect(reported, `"${report}" was reported`).toBe(true)
  await exited
  await rm(directory, { recursive: true })
}

/** Processes with this path in their command line. */
function processesOn(path: string): string[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map((pid) => {
      try {
        return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ')
      } catch {
        return ''
      }
    })
    .filter((line) => line.includes(path))
}

test.each([
  ['restoring the base backup', 100],
  ['replaying to the recorded point', 400],
  ['replaying the rest', 0],
  ['checking the restored copy', 0],
] as const)(
  'a proof killed while "%s" leaves nothing running, and the next one works',
  async (report, afterMs) => {
    await using world = await World.create({ major: 18 })
    await world.server.query('create table item as select generate_series(1, 1000) as id')
    await world.backup()
    await killAt(world, 'prove', report, afterMs)
    await expect.poll(() => processesOn(world.member.paths.scratch), { timeout: 10_000 }).toEqual([])
    expect(await proveBackup(world.context)).toMatchObject({ ok: true })
    expect(await readdir(world.member.paths.scratch)).toEqual([])
  },
)

test('a restore in place killed while it builds is undone, and works the next time', async () => {
  await using world = await World.create({ major: 15 })
  const { server } = world
  await server.query('create table item as select generate_series(1, 1000) as id')
  await world.backup()
  await world.archived()
  await killAt(world, 'restore', 'replaying the archive', 200)
  await expect.poll(() => processesOn(`${server.data}.restore-`), { timeout: 10_000 }).toEqual([])
  expect(await resumeRestore(world.context)).toBe('rolled-back')
  expect((await readdir(server.root)).filter((name) => name.startsWith('data'))).toEqual(['data'])
  expect(await world.count('item')).toBe(1000)
  const hooks = { stopServer: () => server.halt(), startServer: () => server.launch() }
  await runRestore(world.context, { to: 'latest', mode: 'in-place' }, hooks)
  expect(await world.count('item')).toBe(1000)
  expect(await resumeRestore(world.context)).toBe('nothing')
})
