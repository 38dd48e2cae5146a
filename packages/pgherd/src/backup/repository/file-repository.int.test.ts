import { execFile } from 'node:child_process'
import { createHash, randomBytes } from 'node:crypto'
import { mkdir, readFile, readdir, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { buffer } from 'node:stream/consumers'
import { promisify } from 'node:util'
import { gzipSync, zstdCompressSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { DiagnosticError, type Diagnostic } from '../../diagnostic/diagnostic.ts'
import type { Repository, StoreCompression } from '../repository.ts'
import { sampleBackup } from '../sample-backup.testkit.ts'
import { generateBackupKey, openSealing } from '../sealing/registry.ts'
import { inPieces, openScratch, scratchDirectory } from './scratch-repository.testkit.ts'

const run = promisify(execFile)
const none = { algorithm: 'none', level: 0 } as const
const zstd = { algorithm: 'zstd', level: 1 } as const
const gzip = { algorithm: 'gzip', level: 1 } as const
const id = '20261121T010000Z'
const segment = 'wal/00000001/000000010000000000000003'

/** Compressible, so that a compressed file still has several blocks. */
const plain = Buffer.concat([randomBytes(200_000), Buffer.alloc(500_000, 'pgherd '), randomBytes(100_000)])

async function findingOf(work: () => Promise<unknown>): Promise<Diagnostic> {
  try {
    await work()
  } catch (error) {
    if (error instanceof DiagnosticError && error.diagnostics[0]) return error.diagnostics[0]
    throw error
  }
  throw new Error('nothing was thrown')
}

async function read(repository: Repository, name: string): Promise<Buffer> {
  return buffer(await repository.open(name))
}

describe('store and open', () => {
  const kinds: readonly (readonly [StoreCompression, string])[] = [
    [none, ''],
    [zstd, '.zst'],
    [gzip, '.gz'],
  ]
  for (const [compression, ending] of kinds) {
    for (const kind of ['none', 'age'] as const) {
      test(`${compression.algorithm}, encryption ${kind}: same bytes, right figures, any flipped byte found and named`, async () => {
        await using directory = await scratchDirectory()
        const repository = await openScratch(directory.path, openSealing(kind, await generateBackupKey()))
        const stored = await repository.store(`base/${id}/base.tar`, inPieces(plain), compression)
        const path = join(repository.root, 'base', id, stored.name)
        const bytes = await readFile(path)
        expect(stored).toEqual({
          name: `base.tar${ending}${kind === 'age' ? '.age' : ''}`,
          bytes: bytes.length,
          sha256: createHash('sha256').update(bytes).digest('hex'),
          rawBytes: plain.length,
        })
        const { rawBytes: _rawBytes, ...record } = stored
        expect(
          Buffer.compare(await buffer(await repository.open(`base/${id}/base.tar`, record)), plain),
        ).toBe(0)
        expect(await repository.checkStored(`base/${id}`, record)).toBe(true)

        const middle = Math.floor(bytes.length / 2)
        for (const at of [0, 5, 100, middle, bytes.length - 2, bytes.length - 1]) {
          const flipped = Buffer.from(bytes)
          flipped.writeUInt8(flipped.readUInt8(at) ^ 0x10, at)
          await writeFile(path, flipped)
          const found = await findingOf(async () =>
            buffer(await repository.open(`base/${id}/base.tar`, record)),
          )
          expect([found.code, found.at.file], `byte ${at}`).toEqual(['BACKUP_FILE_DAMAGED', path])
          expect(found.detail).toContain(path)
          expect(await repository.checkStored(`base/${id}`, record)).toBe(false)
        }
        for (const changed of [
          bytes.subarray(0, -1),
          Buffer.concat([bytes, Buffer.from('x')]),
          Buffer.alloc(0),
        ]) {
          await writeFile(path, changed)
          const found = await findingOf(async () =>
            buffer(await repository.open(`base/${id}/base.tar`, record)),
          )
          expect(found.code, `${changed.length} bytes`).toBe('BACKUP_FILE_DAMAGED')
        }
      })

      test(`${compression.algorithm}, encryption ${kind}: WAL carries its own check, without a record`, async () => {
        await using directory = await scratchDirectory()
        const repository = await openScratch(directory.path, openSealing(kind, await generateBackupKey()))
        const { name } = await repository.store(segment, inPieces(plain), compression)
        const path = join(repository.root, 'wal/00000001', name)
        const bytes = await readFile(path)
        expect(Buffer.compare(await read(repository, segment), plain)).toBe(0)
        for (const at of [Math.floor(bytes.length / 2), bytes.length - 1]) {
          const flipped = Buffer.from(bytes)
          flipped.writeUInt8(flipped.readUInt8(at) ^ 0x01, at)
          await writeFile(path, flipped)
          expect((await findingOf(() => read(repository, segment))).code, `byte ${at}`).toBe(
            'BACKUP_FILE_DAMAGED',
          )
        }
        await writeFile(path, bytes.subarray(0, bytes.length - 20))
        expect((await findingOf(() => read(repository, segment))).code).toBe('BACKUP_FILE_DAMAGED')
      })
    }
  }

  test('what the server compressed already is kept as it came and still opened', async () => {
    await using directory = await scratchDirectory()
    const repository = await openScratch(directory.path)
    const stored = await repository.store('base/x/base.tar', inPieces(gzipSync(plain)), {
      algorithm: 'already-gzip',
      level: 0,
    })
    await repository.store('base/x/16384.tar', inPieces(zstdCompressSync(plain)), {
      algorithm: 'already-zstd',
      level: 0,
    })
    expect(stored.name).toBe('base.tar.gz')
    expect(Buffer.compare(await read(repository, 'base/x/base.tar'), plain)).toBe(0)
    expect(Buffer.compare(await read(repository, 'base/x/16384.tar'), plain)).toBe(0)
  })

  test('the age and zstd programs read a stored file', async () => {
    await using directory = await scratchDirectory()
    const key = await generateBackupKey()
    const repository = await openScratch(directory.path, openSealing('age', key))
    await repository.store(segment, inPieces(plain), none)
    await repository.store('wal/00000002.history', inPieces(Buffer.alloc(0)), none)
    const keyFile = join(directory.path, 'key.txt')
    await writeFile(keyFile, key, { mode: 0o600 })
    const opened = join(directory.path, 'opened')
    await run('age', [
      '--decrypt',
      '--identity',
      keyFile,
      '--output',
      opened,
      join(repository.root, `${segment}.age`),
    ])
    expect(Buffer.compare(await readFile(opened), plain)).toBe(0)
    const empty = await run('age', ['-d', '-i', keyFile, join(repository.root, 'wal/00000002.history.age')])
    expect(empty.stdout).toBe('')
    const { stdout: recipient } = await run('age-keygen', ['-y', keyFile])
    const sealedByAge = join(repository.root, 'wal/00000001/000000010000000000000004.age')
    await run('age', ['--encrypt', '--recipient', recipient.trim(), '--output', sealedByAge, opened])
    expect(Buffer.compare(await read(repository, 'wal/00000001/000000010000000000000004'), plain)).toBe(0)
  })

  test('files are 0600 and directories 0700', async () => {
    await using directory = await scratchDirectory()
    const repository = await openScratch(directory.path)
    await repository.store(segment, inPieces(plain), zstd)
    await repository.writeJson('wal/position.json', { timeline: 1, lsn: '0/1', at: '2026-11-21T00:00:00Z' })
    for (const entry of await readdir(repository.root, { recursive: true, withFileTypes: true })) {
      const { mode } = await stat(join(entry.parentPath, entry.name))
      expect((mode & 0o777).toString(8), entry.name).toBe(entry.isDirectory() ? '700' : '600')
    }
    expect(((await stat(repository.root)).mode & 0o777).toString(8)).toBe('700')
  })

  test('storing under the same name replaces it, also when compression or encryption changed', async () => {
    await using directory = await scratchDirectory()
    const plainRepository = await openScratch(directory.path)
    await plainRepository.store(segment, inPieces(Buffer.from('first')), none)
    await plainRepository.store(segment, inPieces(Buffer.from('second')), zstd)
    const sealed = await openScratch(directory.path, openSealing('age', await generateBackupKey()))
    expect(String(await read(sealed, segment))).toBe('second')
    await sealed.store(segment, inPieces(Buffer.from('third')), gzip)
    expect(String(await read(sealed, segment))).toBe('third')
    expect(await readdir(join(sealed.root, 'wal/00000001'))).toEqual(['000000010000000000000003.gz.age'])
  })

  test('a source that fails leaves nothing behind', async () => {
    await using directory = await scratchDirectory()
    const repository = await openScratch(directory.path)
    async function* failing(): AsyncGenerator<Uint8Array> {
      yield* inPieces(plain)
      throw new Error('connection lost')
    }
    for (const compression of [none, zstd]) {
      await expect(repository.store('wal/00000002.history', failing(), compression)).rejects.toThrow(
        'connection lost',
      )
    }
    expect(await readdir(join(repository.root, 'wal'))).toEqual([])
  })

  test('a reader that stops early, or a missing file, leaves no file open', async () => {
    await using directory = await scratchDirectory()
    const repository = await openScratch(directory.path, openSealing('age', await generateBackupKey()))
    await repository.store(segment, inPieces(plain), zstd)
    const openFiles = async (): Promise<number> =>
      (await run('ls', ['-l', `/proc/${process.pid}/fd`])).stdout.split(directory.path).length - 1
    for (let each = 0; each < 5; each += 1) {
      for await (const piece of await repository.open(segment)) {
        expect(piece).toBeDefined()
        break
      }
    }
    const found = await findingOf(() => repository.open('wal/00000001/000000010000000000000009'))
    expect([found.code, found.at.file]).toEqual([
      'BACKUP_FILE_MISSING',
      join(repository.root, 'wal/00000001/000000010000000000000009'),
    ])
    await new Promise((resolve) => setTimeout(resolve, 100))
    expect(await openFiles()).toBe(0)
  })

  test('names that would leave the repository are refused', async () => {
    await using directory = await scratchDirectory()
    const repository = await openScratch(directory.path)
    for (const name of ['../outside', '/etc/passwd', 'wal/../../x', '.hidden', 'a//b', 'a\0b', '']) {
      await expect(repository.store(name, inPieces(plain), none), name).rejects.toThrow(RangeError)
      await expect(repository.remove(name), name).rejects.toThrow(RangeError)
    }
  })
})

describe('records', () => {
  test('read back as written; every flipped byte is found', async () => {
    await using directory = await scratchDirectory()
    const repository = await openScratch(directory.path)
    const record = sampleBackup({ id })
    await repository.writeJson(`base/${id}/backup.json`, record)
    expect(await repository.readJson(`base/${id}/backup.json`)).toEqual(record)
    expect(await repository.readJson('base/none/backup.json')).toBeUndefined()
    const path = join(repository.root, 'base', id, 'backup.json')
    const bytes = await readFile(path)
    for (let at = 0; at < bytes.length; at += 1) {
      const flipped = Buffer.from(bytes)
      flipped.writeUInt8(flipped.readUInt8(at) ^ (1 << (at % 7)), at)
      await writeFile(path, flipped)
      const found = await findingOf(() => repository.readJson(`base/${id}/backup.json`))
      expect([found.code, found.at.file], `byte ${at}`).toEqual(['BACKUP_FILE_DAMAGED', path])
    }
    expect(await repository.backups()).toEqual([])
  })

  test('backups and proofs come oldest first; unfinished and damaged ones are left out', async () => {
    await using directory = await scratchDirectory()
    const repository = await openScratch(directory.path)
    for (const each of ['20261121T030000Z', '20261119T030000Z', '20261120T030000Z']) {
      await repository.writeJson(`base/${each}/backup.json`, sampleBackup({ id: each }))
    }
    await repository.store('base/20261122T030000Z/base.tar', inPieces(plain), none)
    await repository.writeJson('base/20261123T030000Z/backup.json', { id: '20261123T030000Z', half: true })
    expect((await repository.backups()).map((each) => each.id)).toEqual([
      '20261119T030000Z',
      '20261120T030000Z',
      '20261121T030000Z',
    ])
    const proof = {
      backup: id,
      ok: true,
      rtoSeconds: 1,
      rpoSeconds: 0,
      restoredTo: null,
      seconds: 2,
      checks: [],
    }
    await repository.writeJson('proofs/b.json', { ...proof, provenAt: '2026-11-21T03:00:00Z' })
    await repository.writeJson('proofs/a.json', { ...proof, provenAt: '2026-11-21T05:00:00+01:00' })
    expect((await repository.proofs()).map((each) => each.provenAt)).toEqual([
      '2026-11-21T03:00:00Z',
      '2026-11-21T05:00:00+01:00',
    ])
  })

  test('the inventory knows segments, the one being received, histories and the position', async () => {
    await using directory = await scratchDirectory()
    const repository = await openScratch(directory.path, openSealing('age', await generateBackupKey()))
    expect(await repository.wal()).toEqual({ segments: new Map(), histories: [] })
    for (const name of [
      '00000001/000000010000000000000003',
      '00000001/000000010000000000000002',
      '00000002/000000020000000000000003',
    ]) {
      await repository.store(`wal/${name}`, inPieces(plain), zstd)
    }
    await repository.store('wal/00000002/000000020000000000000004.partial', inPieces(plain), none)
    await repository.store('wal/00000002.history', inPieces(Buffer.from('1\t0/3000000\tx\n')), none)
    const position = { timeline: 2, lsn: '0/4000100', at: '2026-11-21T03:00:00Z' }
    await repository.writeJson('wal/position.json', position)
    expect(await repository.wal()).toEqual({
      segments: new Map([
        [1, ['000000010000000000000002', '000000010000000000000003']],
        [2, ['000000020000000000000003']],
      ]),
      partial: { timeline: 2, segment: '000000020000000000000004' },
      histories: [2],
      position,
    })
  })
})

describe('remove', () => {
  test('takes a WAL file in every form, and a backup with its record first', async () => {
    await using directory = await scratchDirectory()
    const repository = await openScratch(directory.path)
    await repository.store(segment, inPieces(plain), none)
    expect(await readdir(join(repository.root, 'wal/00000001'))).toEqual([
      '000000010000000000000003',
      '000000010000000000000003.sha256',
    ])
    await repository.remove(segment)
    expect(await readdir(join(repository.root, 'wal/00000001'))).toEqual([])
    await repository.store(`base/${id}/base.tar`, inPieces(plain), none)
    await repository.writeJson(`base/${id}/backup.json`, sampleBackup({ id }))
    await repository.remove(`base/${id}`)
    await repository.remove(`base/${id}`)
    expect(await readdir(join(repository.root, 'base'))).toEqual([])
  })

  test('the sum beside a plain segment is what sha256sum checks', async () => {
    await using directory = await scratchDirectory()
    const repository = await openScratch(directory.path)
    await repository.store(segment, inPieces(plain), none)
    const { stdout } = await run('sha256sum', ['--check', '000000010000000000000003.sha256'], {
      cwd: join(repository.root, 'wal/00000001'),
    })
    expect(stdout).toContain('OK')
  })
})

describe('cleanUnfinished', () => {
  test('removes what a crashed process left, and nothing that is finished or being written', async () => {
    await using directory = await scratchDirectory()
    const repository = await openScratch(directory.path)
    const finished = '20261121T010000Z'
    const running = '20261121T020000Z'
    const crashed = '20261121T030000Z'
    const orphan = '20261121T040000Z'
    for (const each of [finished, running, crashed])
      await repository.store(`base/${each}/base.tar`, inPieces(plain), none)
    await repository.writeJson(`base/${finished}/backup.json`, sampleBackup({ id: finished }))
    const base = join(repository.root, 'base')
    // A process that ended: same number as ours, another start.
    const claim = (await readdir(base)).find((name) => name.startsWith(`.${crashed}.`)) ?? ''
    await rm(join(base, claim))
    await writeFile(join(base, `.${crashed}.${process.pid}-0123abcd.writer`), '')
    await mkdir(join(base, orphan))
    await writeFile(join(base, orphan, 'base.tar'), 'half')
    await mkdir(join(base, 'kept-by-hand'))
    await writeFile(join(base, 'notes.txt'), '')
    await mkdir(join(repository.root, 'wal'))
    const mine = /-([0-9a-f]+)\.writer$/.exec(claim)?.[1] ?? ''
    const stale = `.position.json.${process.pid}-0123abcd-00000000.tmp`
    const live = `.position.json.${process.pid}-${mine}-00000000.tmp`
    for (const name of [stale, live]) await writeFile(join(repository.root, 'wal', name), '')

    expect((await repository.cleanUnfinished()).toSorted()).toEqual([
      `base/${crashed}`,
      `base/${orphan}`,
      `wal/${stale}`,
    ])
    expect((await readdir(base)).filter((name) => !name.startsWith('.'))).toEqual([
      finished,
      running,
      'kept-by-hand',
      'notes.txt',
    ])
    expect((await repository.backups()).map((each) => each.id)).toEqual([finished])
    expect(await readdir(join(repository.root, 'wal'))).toEqual([live])
    expect(await repository.cleanUnfinished()).toEqual([])
    // Once finished, the claim is gone.
    await repository.writeJson(`base/${running}/backup.json`, sampleBackup({ id: running }))
    expect((await readdir(base)).sort()).toEqual([finished, running, 'kept-by-hand', 'notes.txt'])
  })
})
