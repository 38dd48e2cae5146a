import { mkdir, mkdtemp, readdir, rename, rm, writeFile } from 'node:fs/promises'
import { tmpdir, userInfo } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { exchange, resumeSwap, SwapJournal, type SwapState } from './swap.ts'

let root: string
let state: SwapState
let journal: SwapJournal

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'pgherd-swap-'))
  const { uid, gid, username } = userInfo()
  journal = new SwapJournal(root, { name: username, uid, gid, home: root })
  const path = (name: string): string => join(root, name)
  state = {
    step: 'building',
    data: path('data'),
    building: path('new'),
    kept: path('kept'),
    tablespaces: [path('space')],
    startedAt: '',
  }
  for (const [name, content] of [
    ['data', 'old'],
    ['new', 'restored'],
    ['space', ''],
  ] as const) {
    await mkdir(path(name))
    await writeFile(join(path(name), content === '' ? 'x' : content), '')
  }
})
afterEach(() => rm(root, { recursive: true }))

const holding = async (name: string): Promise<string[]> => readdir(join(root, name)).catch(() => ['nothing'])

test('interrupted while building, the old data directory stays and everything new goes', async () => {
  journal.write(state)
  expect(await resumeSwap(journal)).toBe('rolled-back')
  expect(await readdir(root)).toEqual(['data'])
  expect(await holding('data')).toEqual(['old'])
  expect(await resumeSwap(journal)).toBe('nothing')
})

test.each([
  ['before the first rename', async () => undefined],
  ['between the renames', () => rename(state.data, state.kept)],
  [
    'after the second',
    async () => rename(state.data, state.kept).then(() => rename(state.building, state.data)),
  ],
])('interrupted %s, the exchange is finished', async (_, interrupted) => {
  journal.write({ ...state, step: 'swapping' })
  await interrupted()
  expect(await resumeSwap(journal)).toBe('finished')
  expect(await holding('data')).toEqual(['restored'])
  expect(await holding('kept')).toEqual(['old'])
  expect(await holding('new')).toEqual(['nothing'])
  expect(await resumeSwap(journal)).toBe('nothing')
})

test('a lost data directory is no obstacle, but nothing is ever written over', async () => {
  await rm(state.data, { recursive: true })
  await exchange(state)
  expect(await holding('data')).toEqual(['restored'])
  await mkdir(state.building)
  await mkdir(state.kept)
  await expect(exchange(state)).rejects.toThrow('RESTORE_UNFINISHED')
  expect(await holding('data')).toEqual(['restored'])
  await rm(state.building, { recursive: true })
  await rm(state.data, { recursive: true })
  await expect(exchange(state)).rejects.toThrow('RESTORE_UNFINISHED')
})
