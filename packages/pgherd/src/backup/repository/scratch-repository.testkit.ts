import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { RunAs } from '../../topology/host-facts.ts'
import type { Repository, Sealing } from '../repository.ts'
import { noSealing } from '../sealing/none.ts'
import { openRepository } from './open-repository.ts'

export const scratchSystemId = '7300000000000000001'

/** The user the tests run as. */
export const self: RunAs = {
  name: 'self',
  uid: process.getuid?.() ?? 0,
  gid: process.getgid?.() ?? 0,
  home: tmpdir(),
}

/** A directory for a test, removed at the end of the block: `await using`. */
export async function scratchDirectory(): Promise<{ path: string } & AsyncDisposable> {
  const path = await mkdtemp(join(tmpdir(), 'pgherd-repository-'))
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) }
}

/** An empty repository below a scratch directory. */
export function openScratch(directory: string, sealing: Sealing = noSealing): Promise<Repository> {
  const root = join(directory, 'repository')
  return openRepository({ root, systemId: scratchSystemId, name: 'test', sealing, owner: self })
}

/** Bytes in pieces of odd size, as a network gives them. */
export async function* inPieces(bytes: Uint8Array, size = 10_007): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield await Promise.resolve(bytes.subarray(at, at + size))
}
