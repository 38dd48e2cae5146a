import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { BackupRecord } from '../../src/backup/catalogue.ts'
import { firstProof } from '../../src/operations/first-proof.ts'
import { proveOrRenew } from '../../src/operations/prove-or-renew.ts'
import { World } from './world.ts'

async function flip(world: World, backup: BackupRecord): Promise<void> {
  const path = join(world.repository.root, 'base', backup.id, backup.files[0]?.name ?? '')
  const bytes = await readFile(path)
  const at = Math.floor(bytes.length / 2)
  bytes[at] = (bytes[at] ?? 0) ^ 1
  await writeFile(path, bytes)
}

test('a failed proof is a failed backup: a fresh one is taken and proven, once', async () => {
  await using world = await World.create({ major: 15 })
  const { server, repository, context } = world
  await server.query('create table item as select generate_series(1, 100) as id')
  await expect(proveOrRenew(context)).rejects.toThrow('PROOF_NO_BACKUP')
  const bad = await world.backup()
  await flip(world, bad)
  const { proof, renewed } = await proveOrRenew(context)
  expect(proof).toMatchObject({ backup: bad.id, verdict: 'failed' })
  expect(renewed).toMatchObject({ verdict: 'proven' })
  expect((await repository.backups()).at(-1)?.id).toBe(renewed?.backup)

  // whoever comes across it later does not try the same one again
  const worse = await world.backup()
  await flip(world, worse)
  const older = await proveOrRenew(context, { backup: renewed?.backup ?? '' })
  expect(older).toMatchObject({ proof: { verdict: 'proven' } })
  await server.halt()
  const down = await proveOrRenew(context)
  expect(down).toMatchObject({ proof: { backup: worse.id, verdict: 'failed' } })
  expect(down.renewed).toBeUndefined()
  expect(down.notRenewed).toMatch(/./)
  await server.launch()
  const next = await proveOrRenew(context)
  expect(next.proof.verdict).toBe('proven')
  expect(next.proof.backup > worse.id).toBe(true)
  expect(next.renewed).toBeUndefined()
  expect(await firstProof(context)).toBeUndefined()
})

test('up after a failed or an incomplete proof ends with a full one, of a fresh backup where it must be', async () => {
  await using world = await World.create({ major: 18 })
  const { server, context } = world
  await server.query('create table item as select generate_series(1, 100) as id')
  const backup = await world.backup()
  await server.halt()
  const down = await proveOrRenew(context)
  expect(down.proof.verdict, JSON.stringify(down.proof.checks)).toBe('restorable')
  await server.launch()
  expect(await firstProof(context)).toMatchObject({ proof: { backup: backup.id, verdict: 'proven' } })
})
