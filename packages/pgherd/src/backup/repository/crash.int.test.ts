import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { openScratch, scratchDirectory } from './scratch-repository.testkit.ts'
import { verifyRepository } from './verify.ts'

test('another process finds a backup being written and leaves it; after kill -9 it cleans up', async () => {
  await using directory = await scratchDirectory()
  const repository = await openScratch(directory.path)
  const writer = spawn(process.execPath, [join(import.meta.dirname, 'crash.fixture.ts'), directory.path], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const exited = once(writer, 'exit')
  await Promise.race([once(writer.stdout, 'data'), exited])
  const base = join(repository.root, 'base')
  const during = await readdir(join(base, '20261121T010000Z'))
  expect(during).toHaveLength(2)
  expect(await repository.cleanUnfinished()).toEqual([])
  expect(await readdir(join(base, '20261121T010000Z'))).toEqual(during)
  expect((await verifyRepository(repository)).findings).toEqual([])

  writer.kill('SIGKILL')
  await exited
  expect(await repository.backups()).toEqual([])
  expect((await verifyRepository(repository)).findings.map((each) => each.code)).toEqual([
    'BACKUP_FILE_UNEXPECTED',
  ])
  expect(await repository.cleanUnfinished()).toEqual(['base/20261121T010000Z'])
  expect(await readdir(base)).toEqual([])
})
