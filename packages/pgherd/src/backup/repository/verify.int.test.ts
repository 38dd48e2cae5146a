import { readFile, readdir, rm, unlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import type { Repository, StoreCompression } from '../repository.ts'
import { sampleBackup } from '../sample-backup.testkit.ts'
import { generateBackupKey, openSealing } from '../sealing/registry.ts'
import { positionStore } from './position-store.ts'
import { inPieces, openScratch, scratchDirectory } from './scratch-repository.testkit.ts'
import { verifyRepository } from './verify.ts'

const id = '20261121T010000Z'
const plain = Buffer.alloc(300_000, 'some bytes ')

/** One finished backup with two files, two segments, a history, a position and a proof. */
async function filled(
  directory: string,
  compression: StoreCompression,
  kind: 'age' | 'none',
): Promise<Repository> {
  const repository = await openScratch(directory, openSealing(kind, await generateBackupKey()))
  const files = []
  for (const name of ['base.tar', 'backup_manifest']) {
    const { rawBytes: _rawBytes, ...file } = await repository.store(
      `base/${id}/${name}`,
      inPieces(plain),
      compression,
    )
    files.push(file)
  }
  await repository.writeJson(`base/${id}/backup.json`, sampleBackup({ id, files }))
  for (const name of [
    '00000001/000000010000000000000002',
    '00000001/000000010000000000000003',
    '00000002.history',
  ]) {
    await repository.store(`wal/${name}`, inPieces(plain), compression)
  }
  await positionStore(repository).write({ timeline: 1, lsn: '0/4000000', at: '2026-11-21T02:00:00Z' })
  const proof = { backup: id, ok: true, provenAt: '2026-11-21T03:00:00Z', rtoSeconds: 1, rpoSeconds: 0 }
  await repository.writeJson('proofs/20261121T030000Z.json', {
    ...proof,
    restoredTo: null,
    seconds: 2,
    checks: [],
  })
  return repository
}

describe('verifyRepository', () => {
  for (const kind of ['none', 'age'] as const) {
    for (const algorithm of ['none', 'zstd', 'gzip'] as const) {
      test(`a flipped bit in any file is found and that file named (${algorithm}, encryption ${kind})`, async () => {
        await using directory = await scratchDirectory()
        const repository = await filled(directory.path, { algorithm, level: 1 }, kind)
        const names = await repository.list()
        expect(await verifyRepository(repository)).toEqual({
          checked: names.length,
          findings: [],
          resumeAfter: undefined,
        })
        for (const name of names) {
          const path = join(repository.root, name)
          const bytes = await readFile(path)
          const flipped = Buffer.from(bytes)
          const at = Math.floor(bytes.length / 2)
          flipped.writeUInt8(flipped.readUInt8(at) ^ 2, at)
          await writeFile(path, flipped)
          const { findings } = await verifyRepository(repository)
          const damaged = findings
            .filter((each) => each.code === 'BACKUP_FILE_DAMAGED')
            .map((each) => each.at.file)
          // A damaged sum beside a segment shows as damage of the segment.
          expect(damaged, name).toContain(path.replace(/\.sha256$/, ''))
          await writeFile(path, bytes)
        }
      })
    }
  }

  test('missing and unexpected files are told apart', async () => {
    await using directory = await scratchDirectory()
    const repository = await filled(directory.path, { algorithm: 'zstd', level: 1 }, 'none')
    await unlink(join(repository.root, 'base', id, 'backup_manifest.zst'))
    await writeFile(join(repository.root, 'wal', 'notes (copy).txt'), 'x')
    await writeFile(join(repository.root, 'base', id, 'extra.tar'), 'x')
    const { findings } = await verifyRepository(repository)
    expect(findings.map((each) => [each.code, each.at.file?.slice(repository.root.length + 1)])).toEqual([
      ['BACKUP_FILE_MISSING', `base/${id}/backup_manifest.zst`],
      ['BACKUP_FILE_UNEXPECTED', `base/${id}/extra.tar`],
      ['BACKUP_FILE_UNEXPECTED', 'wal/notes (copy).txt'],
    ])
  })

  test('a backup that is being written is left out; what a crash left is reported', async () => {
    await using directory = await scratchDirectory()
    const repository = await filled(directory.path, { algorithm: 'none', level: 0 }, 'none')
    await repository.store('base/20261122T010000Z/base.tar', inPieces(plain), { algorithm: 'none', level: 0 })
    expect((await verifyRepository(repository)).findings).toEqual([])
    const base = join(repository.root, 'base')
    for (const name of await readdir(base)) if (name.endsWith('.writer')) await rm(join(base, name))
    const { findings } = await verifyRepository(repository)
    expect(findings.map((each) => [each.code, each.at.file])).toEqual([
      ['BACKUP_FILE_UNEXPECTED', join(base, '20261122T010000Z/base.tar')],
    ])
  })

  test('out of budget it stops, and goes on where it stopped', async () => {
    await using directory = await scratchDirectory()
    const repository = await filled(directory.path, { algorithm: 'none', level: 0 }, 'none')
    const names = await repository.list()
    const seen: string[] = []
    let after: string | undefined
    let passes = 0
    do {
      let clock = 0
      // The clock advances one second per file, and the budget is three.
      const report = await verifyRepository(repository, {
        after: after ?? '',
        budgetSeconds: 3,
        now: () => (clock += 1000),
      })
      expect(report.checked).toBeLessThanOrEqual(3)
      expect(report.findings).toEqual([])
      after = report.resumeAfter
      if (after !== undefined) seen.push(after)
      passes += 1
    } while (after !== undefined)
    expect(passes).toBe(Math.floor(names.length / 3) + 1)
    expect(seen).toEqual(names.filter((_, at) => at % 3 === 2))
  })
})

describe('positionStore', () => {
  test('gives back what was written, and nothing when there is none or it is damaged', async () => {
    await using directory = await scratchDirectory()
    const store = positionStore(await openScratch(directory.path))
    expect(await store.read()).toBeUndefined()
    const position = { timeline: 3, lsn: '16/B374D848', at: '2026-11-21T03:17:35.123456+01:00' }
    await store.write({ timeline: 3, lsn: '16/0', at: '2026-11-21T00:00:00Z' })
    await store.write(position)
    expect(await store.read()).toEqual(position)
    const path = join(directory.path, 'repository/wal/position.json')
    await writeFile(path, (await readFile(path, 'utf8')).replace('16/B', '16/A'))
    expect(await store.read()).toBeUndefined()
  })
})
