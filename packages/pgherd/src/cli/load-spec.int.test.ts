import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { loadSpec } from './load-spec.ts'

let directory: string
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'spec-'))
})
afterEach(() => rmSync(directory, { recursive: true, force: true }))

const globals = (more: { state?: string } = {}) => ({
  spec: join(directory, 'pgherd.yaml'),
  json: false,
  yes: false,
  ...more,
})
const missing = expect.objectContaining({
  diagnostics: [expect.objectContaining({ code: 'SPEC_UNREADABLE' })],
}) as Error

/** The spec as the last `up` left it for the agent. */
function saved(name: string, text = JSON.stringify({ spec: { name } })): string {
  const state = join(directory, '.pgherd', name)
  mkdirSync(join(state, 'config'), { recursive: true })
  writeFileSync(join(state, 'config', 'agent.json'), text)
  return state
}

test('the file is what counts, and --state becomes absolute', async () => {
  writeFileSync(globals().spec, 'name: shop\n')
  saved('other')
  const loaded = await loadSpec(globals({ state: './x' }), true)
  expect(loaded).toMatchObject({
    file: globals().spec,
    text: 'name: shop\n',
    state: join(process.cwd(), 'x'),
    spec: { name: 'shop' },
  })
  expect((await loadSpec(globals(), false)).state).toBeUndefined()
})

describe('without the file', () => {
  test('what must work all the same takes the spec of the last up', async () => {
    const state = saved('shop')
    expect(await loadSpec(globals(), true)).toMatchObject({ spec: { name: 'shop' }, state, text: '' })
    await expect(loadSpec(globals(), false)).rejects.toThrow(missing)
  })
  test('one of several is not guessed, but can be named', async () => {
    saved('shop')
    const state = saved('other')
    await expect(loadSpec(globals(), true)).rejects.toThrow(missing)
    expect(await loadSpec(globals({ state }), true)).toMatchObject({ spec: { name: 'other' }, state })
  })
  test.each(['', '{', 'null'])('a torn copy (%j) is none', async (text) => {
    saved('shop', text)
    await expect(loadSpec(globals(), true)).rejects.toThrow(missing)
  })
  test('nothing, or a file where the state should be, is said as a missing spec', async () => {
    await expect(loadSpec(globals(), true)).rejects.toThrow(missing)
    writeFileSync(join(directory, '.pgherd'), '')
    await expect(loadSpec(globals(), true)).rejects.toThrow(missing)
  })
})
