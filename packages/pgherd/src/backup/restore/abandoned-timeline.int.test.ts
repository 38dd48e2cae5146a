import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { ThrowawayServer } from '@pgherd/testbed/throwaway-server.ts'
import { expect, test } from 'vitest'
import { requireNewest } from './abandoned-timeline.ts'
import { parseControlFile } from './control-file.ts'

const refusal = { diagnostics: [{ code: 'RESTORE_ARCHIVE_BEHIND' }] }

test('an archive without the checkpoint of the shutdown is whole, one that ends before it is not', async () => {
  await using server = await ThrowawayServer.start({ major: 18 })
  const control = async () => parseControlFile(await readFile(join(server.data, 'global', 'pg_control')))
  await server.halt()
  const { timeline, checkpoint, shutDown } = await control()
  expect(shutDown).toBe(true)
  await requireNewest(server.data, timeline, checkpoint)
  await expect(requireNewest(server.data, timeline, checkpoint - 8n)).rejects.toMatchObject(refusal)
  await requireNewest(server.data, timeline + 1, 0n)
})

test('after a crash nobody knows what came after the last checkpoint, and one that is not archived refuses', async () => {
  await using server = await ThrowawayServer.start({ major: 18 })
  await server.query('checkpoint')
  await server.halt('SIGKILL')
  const { timeline, checkpoint, shutDown } = parseControlFile(
    await readFile(join(server.data, 'global', 'pg_control')),
  )
  expect(shutDown).toBe(false)
  await expect(requireNewest(server.data, timeline, checkpoint)).rejects.toMatchObject(refusal)
})
