import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { KeptData } from './kept-data.ts'

test('what restores put aside is found with what it takes up, and gone when it is removed', async () => {
  const state = mkdtempSync(join(tmpdir(), 'kept-'))
  try {
    const kept = new KeptData(join(state, 'data'))
    for (const name of ['data', 'data.restore-1', 'data.before-restore-2', 'data.before-restore-1/base/5'])
      mkdirSync(join(state, name), { recursive: true })
    writeFileSync(join(state, 'data.before-restore-1/base/5/1259'), Buffer.alloc(3 * 8192, 1))
    const [one, two] = [1, 2].map((number) => join(state, `data.before-restore-${number}`))
    expect(await kept.read()).toEqual([
      { path: one, bytes: 3 * 8192 },
      { path: two, bytes: 0 },
    ])
    rmSync(one ?? '', { recursive: true })
    expect((await kept.read()).map(({ path }) => path)).toEqual([two])
  } finally {
    rmSync(state, { recursive: true })
  }
  expect(await new KeptData(join(state, 'data')).read()).toEqual([])
})
