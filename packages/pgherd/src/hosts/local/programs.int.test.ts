import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { specSchema } from '../../spec/schema.ts'
import { findPrograms } from './programs.ts'

const spec = specSchema.parse({ name: 'shop', topology: { members: 3 } })

/** A directory with one program that counts how often it is asked. */
function fakePatroni() {
  const directory = mkdtempSync(join(tmpdir(), 'pgp-'))
  const program = join(directory, 'patroni')
  const asked = join(directory, 'asked')
  const put = (version: string) => {
    rmSync(program, { force: true })
    writeFileSync(program, `#!/bin/sh\necho x >> ${asked}\necho "patroni ${version}"\n`, { mode: 0o755 })
  }
  return {
    directory,
    put,
    cache: join(directory, 'programs.json'),
    asked: () => (existsSync(asked) ? readFileSync(asked, 'utf8').length / 2 : 0),
    [Symbol.dispose]: () => rmSync(directory, { recursive: true }),
  }
}

test('the programs installed here tell their versions, and a single server needs none', async () => {
  const found = await findPrograms(spec)
  expect(Object.keys(found).sort()).toEqual(['etcd', 'etcdctl', 'haproxy', 'patroni', 'pgbouncer', 'redis'])
  for (const each of Object.values(found))
    expect(each).toMatchObject({ version: expect.stringMatching(/^\d+\.\d+/) as string })
  expect(await findPrograms(specSchema.parse({ name: 'shop' }))).toEqual({})
})

test('a program is asked once, and again when it has been replaced', async () => {
  using fake = fakePatroni()
  const { directory, cache } = fake
  fake.put('3.0.2')
  const find = () => findPrograms(spec, { cache, directories: [directory] })
  const patroni = (version: string) => ({ patroni: { path: join(directory, 'patroni'), version } })
  expect(await find()).toEqual(patroni('3.0.2'))
  expect(await find()).toEqual(patroni('3.0.2'))
  expect(fake.asked()).toBe(1)
  fake.put('3.0.3')
  expect(await find()).toEqual(patroni('3.0.3'))
  expect(fake.asked()).toBe(2)
})

test('what another command found out is believed as long as the program is the same', async () => {
  using fake = fakePatroni()
  const { directory, cache } = fake
  fake.put('3.0.2')
  const program = join(directory, 'patroni')
  const { size, mtimeMs, ctimeMs, ino } = statSync(program)
  const stamp = [size, mtimeMs, ctimeMs, ino].join('-')
  writeFileSync(cache, JSON.stringify({ [program]: { stamp, version: '4.1.0' } }))
  expect((await findPrograms(spec, { cache, directories: [directory] })).patroni?.version).toBe('4.1.0')
  expect(fake.asked()).toBe(0)
})

test('a cache that is none is asked anew and made whole', async () => {
  using fake = fakePatroni()
  const { directory, cache } = fake
  fake.put('3.0.2')
  await findPrograms(spec, { cache, directories: [directory] })
  const kept = readFileSync(cache, 'utf8')
  for (const garbage of [
    '',
    'null',
    '[]',
    '{',
    '{"x":1}',
    `{"${directory}/patroni":{"stamp":7}}`,
    '"text"',
  ]) {
    writeFileSync(cache, garbage)
    expect((await findPrograms(spec, { cache, directories: [directory] })).patroni?.version).toBe('3.0.2')
    expect(readFileSync(cache, 'utf8')).toBe(kept)
  }
  const nowhere = join(directory, 'no', 'such.json')
  expect((await findPrograms(spec, { cache: nowhere, directories: [directory] })).patroni?.version).toBe(
    '3.0.2',
  )
})
