import { expect, test } from 'vitest'
import { firstProof } from '../../src/operations/first-proof.ts'
import { proveOrRenew } from '../../src/operations/prove-or-renew.ts'
import { World } from './world.ts'

test('a failed proof is a failed backup: a fresh one is taken and proven, once', async () => {
  await using world = await World.create({ major: 15 })
  const { server, repository, context } = world
  await server.query('create table item as select generate_series(1, 100) as id')
  await expect(proveOrRenew(context)).rejects.toThrow('PROOF_NO_BACKUP')
  const bad = await world.backup()
  await world.damage(bad)
  const { proof, renewed } = await proveOrRenew(context)
  expect(proof).toMatchObject({ backup: bad.id, verdict: 'failed' })
  expect(renewed).toMatchObject({ verdict: 'proven' })
  expect((await repository.backups()).at(-1)?.id).toBe(renewed?.backup)

  // whoever comes across it later does not try the same one again
  const worse = await world.backup()
  await world.damage(worse)
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
