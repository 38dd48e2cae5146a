import { chmod, mkdir, readFile, readdir, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { buffer } from 'node:stream/consumers'
import { describe, expect, test } from 'vitest'
import { DiagnosticError, type Diagnostic } from '../../diagnostic/diagnostic.ts'
import type { Repository, Sealing } from '../repository.ts'
import { noSealing } from '../sealing/none.ts'
import { generateBackupKey, openSealing } from '../sealing/registry.ts'
import { renderChecked } from './checked-json.ts'
import { describeRepository, openRepository } from './open-repository.ts'
import { inPieces, scratchDirectory, self } from './scratch-repository.testkit.ts'

const systemId = '7300000000000000001'
const history = 'wal/00000002.history'
const none = { algorithm: 'none', level: 0 } as const

function open(root: string, sealing: Sealing = noSealing, system = systemId): Promise<Repository> {
  return openRepository({ root, systemId: system, name: 'shop', sealing, owner: self })
}

async function refusal(work: Promise<unknown>): Promise<Diagnostic> {
  const error: unknown = await work.then(
    () => new Error('it was opened'),
    (reason: unknown) => reason,
  )
  if (error instanceof DiagnosticError && error.diagnostics[0]) return error.diagnostics[0]
  throw error
}

async function flipByte(path: string, at: number): Promise<void> {
  const bytes = await readFile(path)
  bytes.writeUInt8(bytes.readUInt8(at) ^ 1, at)
  await writeFile(path, bytes)
}

describe('openRepository', () => {
  test('creates it on first use, in a directory that is there or not, and finds it again', async () => {
    await using directory = await scratchDirectory()
    const root = join(directory.path, 'deep', 'repository')
    expect(await describeRepository(root)).toBeUndefined()
    await open(root)
    const before = await readFile(join(root, 'repository.json'), 'utf8')
    const again = await open(root)
    expect(await readFile(join(root, 'repository.json'), 'utf8')).toBe(before)
    expect([again.root, again.systemId]).toEqual([root, systemId])
    expect(await describeRepository(root)).toEqual({
      format: 1,
      systemId,
      name: 'shop',
      sealing: 'none',
      keyId: '',
    })
    expect((await stat(root)).mode & 0o777).toBe(0o700)
  })

  test('files belong to the owner', async () => {
    await using directory = await scratchDirectory()
    const owner = process.getuid?.() === 0 ? { ...self, name: 'nobody', uid: 65534, gid: 65534 } : self
    const root = join(directory.path, 'repository')
    const sealing = openSealing('age', await generateBackupKey())
    const repository = await openRepository({ root, systemId, name: 'shop', sealing, owner })
    await repository.store('base/20261121T010000Z/base.tar', inPieces(Buffer.alloc(10)), {
      algorithm: 'zstd',
      level: 1,
    })
    const entries = await readdir(root, { recursive: true })
    expect(entries).toContain('base/20261121T010000Z/base.tar.zst.age')
    for (const entry of ['.', ...entries]) expect((await stat(join(root, entry))).uid, entry).toBe(owner.uid)
  })

  test('refuses the repository of another cluster and names both', async () => {
    await using directory = await scratchDirectory()
    await open(directory.path)
    const found = await refusal(open(directory.path, noSealing, '7300000000000000002'))
    expect(found.code).toBe('BACKUP_REPOSITORY_FOREIGN')
    expect(found.detail).toContain('7300000000000000001')
    expect(found.detail).toContain('7300000000000000002')
    expect(found.mend).toMatchObject({ kind: 'advice' })
  })

  test('refuses a newer format', async () => {
    await using directory = await scratchDirectory()
    await open(directory.path)
    await writeFile(
      join(directory.path, 'repository.json'),
      renderChecked({ format: 2, systemId, shape: 'unknown' }),
    )
    const found = await refusal(open(directory.path))
    expect(found.code).toBe('BACKUP_REPOSITORY_NEWER')
    expect(found.detail).toMatch(/format 2, and this pgherd knows formats up to 1/)
  })

  test('refuses a directory that is used for something else and leaves it alone', async () => {
    await using directory = await scratchDirectory()
    await writeFile(join(directory.path, 'thesis.tex'), '')
    await chmod(directory.path, 0o755)
    const found = await refusal(open(directory.path))
    expect(found.code).toBe('BACKUP_REPOSITORY_NOT_EMPTY')
    expect(found.detail).toContain('thesis.tex')
    expect((await stat(directory.path)).mode & 0o777).toBe(0o755)
    expect(await readdir(directory.path)).toEqual(['thesis.tex'])
  })

  test('the agent and a command may both be the first to open it', async () => {
    await using directory = await scratchDirectory()
    const sealing = openSealing('age', await generateBackupKey())
    for (let round = 0; round < 5; round++) {
      const root = join(directory.path, String(round))
      const opened = Array.from({ length: 8 }, async (_, n) => {
        await pause(n)
        return open(root, sealing)
      })
      for (const repository of await Promise.all(opened)) expect(repository.root).toBe(root)
    }
  })

  test('goes on after a crash during its first use', async () => {
    await using directory = await scratchDirectory()
    const key = await generateBackupKey()
    await mkdir(join(directory.path, 'lost+found'))
    await open(directory.path, openSealing('age', key))
    for (const name of ['repository.json', 'repository.copy.json']) await rm(join(directory.path, name))
    await open(directory.path, openSealing('age', key))
    expect((await describeRepository(directory.path))?.sealing).toBe('age')
  })

  test('a path that cannot be a directory is said plainly', async () => {
    await using directory = await scratchDirectory()
    await writeFile(join(directory.path, 'file'), '')
    const found = await refusal(open(join(directory.path, 'file')))
    expect([found.code, found.at.file]).toEqual([
      'BACKUP_REPOSITORY_UNREADABLE',
      join(directory.path, 'file'),
    ])
  })

  test('a damaged description is mended from its copy; two damaged ones are named', async () => {
    await using directory = await scratchDirectory()
    const [first, copy] = [
      join(directory.path, 'repository.json'),
      join(directory.path, 'repository.copy.json'),
    ]
    await open(directory.path)
    const whole = await readFile(first, 'utf8')
    await flipByte(first, 30)
    await open(directory.path)
    expect(await readFile(first, 'utf8')).toBe(whole)
    await rm(copy)
    await open(directory.path)
    expect(await readFile(copy, 'utf8')).toBe(whole)
    await flipByte(first, 30)
    await flipByte(copy, 40)
    const found = await refusal(open(directory.path))
    expect([found.code, found.at.file]).toEqual(['BACKUP_FILE_DAMAGED', first])
  })
})

describe('the backup key', () => {
  test('a wrong or missing key is found when the repository is opened, before anything is written', async () => {
    await using directory = await scratchDirectory()
    const [right, wrong] = [await generateBackupKey(), await generateBackupKey()]
    await open(directory.path, openSealing('age', right))
    const before = await readdir(directory.path)
    for (const sealing of [openSealing('age', wrong), noSealing]) {
      const found = await refusal(open(directory.path, sealing))
      expect(found.code).toBe('BACKUP_KEY_WRONG')
      expect(found.detail).not.toContain(right.slice(16))
      expect(found.detail).not.toContain(wrong.slice(16))
    }
    expect(await readdir(directory.path)).toEqual(before)
    await open(directory.path, openSealing('age', right))
  })

  test('can be changed: new on top of old, then new alone; the old one alone is refused from then on', async () => {
    await using directory = await scratchDirectory()
    const [old, fresh] = [await generateBackupKey(), await generateBackupKey()]
    const first = await open(directory.path, openSealing('age', old))
    await first.store(history, inPieces(Buffer.from('old')), none)
    const both = await open(directory.path, openSealing('age', `${fresh}\n${old}`))
    expect(String(await buffer(await both.open(history)))).toBe('old')
    await open(directory.path, openSealing('age', fresh))
    expect((await refusal(open(directory.path, openSealing('age', old)))).code).toBe('BACKUP_KEY_WRONG')
  })

  test('encryption can be turned on later; older plain files stay readable', async () => {
    await using directory = await scratchDirectory()
    const first = await open(directory.path)
    await first.store(history, inPieces(Buffer.from('plain')), none)
    const key = await generateBackupKey()
    const sealed = await open(directory.path, openSealing('age', key))
    expect(String(await buffer(await sealed.open(history)))).toBe('plain')
    expect((await refusal(open(directory.path))).code).toBe('BACKUP_KEY_WRONG')
  })

  test('a damaged key check is renewed when the key is known to be the same', async () => {
    await using directory = await scratchDirectory()
    const sealing = openSealing('age', await generateBackupKey())
    await open(directory.path, sealing)
    await flipByte(join(directory.path, 'key-check.age'), 200)
    await open(directory.path, sealing)
    await rm(join(directory.path, 'key-check.age'))
    const repository = await open(directory.path, sealing)
    expect(String(await buffer(await repository.open('key-check')))).toBe(systemId)
  })
})
