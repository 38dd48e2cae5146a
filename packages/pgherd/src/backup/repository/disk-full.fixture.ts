import { execFileSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { buffer } from 'node:stream/consumers'
import { DiagnosticError } from '../../diagnostic/diagnostic.ts'
import { refuseWithoutSpace } from '../disk-preflight.ts'
import { inPieces, openScratch } from './scratch-repository.testkit.ts'

/*
 * Runs in a mount namespace of its own (unshare --mount), where it puts a file system of 4 MB over the given
 * directory, fills it through the repository and prints what happened as JSON. Nothing is left mounted.
 */
const directory = process.argv[2] ?? ''
execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=4m', 'tmpfs', directory])

async function codesOf(work: () => Promise<unknown>): Promise<readonly string[]> {
  try {
    await work()
    return []
  } catch (error) {
    if (error instanceof DiagnosticError)
      return error.diagnostics.map((each) => `${each.code}: ${each.detail}`)
    throw error
  }
}

const repository = await openScratch(directory)
const none = { algorithm: 'none', level: 0 } as const
const small = randomBytes(100_000)
await repository.store('wal/00000001/000000010000000000000001', inPieces(small), none)
const preflight = await codesOf(() =>
  refuseWithoutSpace(join(directory, 'repository'), { bytes: 50e6, because: 'test' }),
)
const fitting = await codesOf(() =>
  refuseWithoutSpace(join(directory, 'repository'), { bytes: 1e6, because: 'test' }),
)
const full = await codesOf(() =>
  repository.store('base/20261121T010000Z/base.tar', inPieces(randomBytes(8_000_000)), none),
)
const afterwards = await repository.list()
await repository.store('wal/00000001/000000010000000000000002', inPieces(small), none)
const older = await buffer(await repository.open('wal/00000001/000000010000000000000001'))
console.log(JSON.stringify({ preflight, fitting, full, afterwards, olderIntact: older.equals(small) }))
