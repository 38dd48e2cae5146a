import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir, userInfo } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { Repository } from '../repository.ts'
import { openRepository } from '../repository/open-repository.ts'
import { openSealing } from '../sealing/registry.ts'
import { formatSegment, historyName, timelineName } from '../wal-names.ts'
import { ArchiveView } from './archive-view.ts'

const size = 2 ** 20
const at = (segments: number): bigint => BigInt(segments * size)
const lsn = (position: bigint): string => `0/${position.toString(16).toUpperCase()}`

let root = ''
let repository: Repository
beforeEach(async () => {
  root = mkdtempSync(join(tmpdir(), 'pgview-'))
  const { username: name, uid, gid, homedir: home } = userInfo()
  const sealing = openSealing('none', '')
  repository = await openRepository({
    root: join(root, 'repository'),
    systemId: '1',
    name: 'test',
    sealing,
    owner: { name, uid, gid, home },
  })
})
afterEach(() => rmSync(root, { recursive: true }))

async function store(name: string, bytes: Buffer): Promise<void> {
  const source = (async function* () {
    yield await Promise.resolve(bytes)
  })()
  await repository.store(name, source, { algorithm: 'none', level: 0 })
}

async function segments(timeline: number, ...numbers: number[]): Promise<void> {
  for (const number of numbers) {
    const name = formatSegment({ timeline, number: BigInt(number) }, size)
    await store(`wal/${timelineName(timeline)}/${name}`, Buffer.alloc(size, 1))
  }
}

const history = (timeline: number, ...rows: readonly (readonly [number, bigint])[]) =>
  store(
    `wal/${historyName(timeline)}`,
    Buffer.from(rows.map(([parent, until]) => `${parent}\t${lsn(until)}\tno reason\n`).join('')),
  )

const names = (view: ArchiveView, timeline: number, ...numbers: number[]) =>
  numbers.map((number) =>
    view.fileOf(view.wayTo(timeline), BigInt(number))?.replace(/^0+(.).*(..)$/, '$1 $2'),
  )

test('what a primary wrote beyond the branch to its successor is no part of the way, nor is it a gap', async () => {
  await segments(1, 2, 3, 4, 5)
  await history(2, [1, at(3) + 4096n])
  await segments(2, 3)
  const view = await ArchiveView.freeze(repository, size)
  expect(names(view, 2, 2, 3, 4, 5)).toEqual(['1 02', '2 03', undefined, undefined])
  expect(view.endOf(view.wayTo(2), at(2))).toBe(at(4))
  expect(view.firstAfter(view.wayTo(2), at(4))).toBeUndefined()
  expect(view.endOf(view.wayTo(1), at(2))).toBe(at(6))
})

test('before anything of the successor has come, its way ends where it branched off', async () => {
  await segments(1, 2, 3, 4)
  await history(2, [1, at(3) + 4096n])
  const view = await ArchiveView.freeze(repository, size)
  expect(names(view, 2, 2, 3, 4)).toEqual(['1 02', '1 03', undefined])
  expect(view.endOf(view.wayTo(2), at(2))).toBe(at(3) + 4096n)
})

test('a branch at the very beginning of a segment takes nothing of it from the old timeline', async () => {
  await segments(1, 2, 3)
  await history(2, [1, at(3)])
  const view = await ArchiveView.freeze(repository, size)
  expect(names(view, 2, 2, 3)).toEqual(['1 02', undefined])
  expect(view.endOf(view.wayTo(2), at(2))).toBe(at(3))
})

test('several branches within one segment: each timeline has its own copy, the newest is read', async () => {
  await segments(1, 2, 3, 4)
  await segments(2, 3)
  await history(2, [1, at(3) + 800n])
  await history(3, [1, at(3) + 800n], [2, at(3) + 1600n])
  await segments(3, 3, 4)
  const view = await ArchiveView.freeze(repository, size)
  expect(names(view, 3, 3, 4)).toEqual(['3 03', '3 04'])
  expect(view.endOf(view.wayTo(3), at(2))).toBe(at(5))
  expect(names(view, 2, 3, 4)).toEqual(['2 03', undefined])
})
