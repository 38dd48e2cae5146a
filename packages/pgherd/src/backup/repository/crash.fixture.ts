import { randomBytes } from 'node:crypto'
import { inPieces, openScratch } from './scratch-repository.testkit.ts'

/* Starts a base backup below the given directory, says so, and then waits to be killed. */
async function* neverEnding(): AsyncGenerator<Uint8Array> {
  yield randomBytes(600_000)
  console.log('writing')
  await new Promise((resolve) => setTimeout(resolve, 60_000))
}

const repository = await openScratch(process.argv[2] ?? '')
await repository.store('base/20261121T010000Z/backup_manifest', inPieces(Buffer.alloc(10)), {
  algorithm: 'none',
  level: 0,
})
await repository.store('base/20261121T010000Z/base.tar', neverEnding(), { algorithm: 'none', level: 0 })
