import {
  appendFileSync,
  mkdtempSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { followLogs, lastLines, logFiles } from './log-files.ts'

let directory: string
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'logs-'))
})
afterEach(() => rmSync(directory, { recursive: true, force: true }))

function write(name: string, text: string, day = 1): string {
  const path = join(directory, name)
  writeFileSync(path, text)
  utimesSync(path, day * 86_400, day * 86_400)
  return path
}

describe('which logs', () => {
  test('the newest of each unit; empty, rotated and foreign files are left out', () => {
    write('postgres-2026-11-20.log', 'old', 1)
    const postgres = write('postgres-2026-11-21.log', 'new', 2)
    const agent = write('agent.log', 'x', 1)
    write('agent.log.1', 'rotated', 3)
    write('supervisor.log', '')
    write('notes.txt', 'x')
    symlinkSync(join(directory, 'gone'), join(directory, 'dangling.log'))
    expect([...logFiles(directory, undefined)].sort()).toEqual([agent, postgres])
    expect(logFiles(directory, 'agent')).toEqual([agent])
    expect(logFiles(directory, 'agent.log')).toEqual([agent])
    expect(logFiles(directory, 'nobody')).toEqual([])
  })
  test('none where there is no directory', () => {
    expect(logFiles(join(directory, 'none'), undefined)).toEqual([])
  })
})

describe('the end of a log', () => {
  test('is its last lines, whole, with or without a final newline', () => {
    const path = write('a.log', 'one\ntwo\nthree\n')
    expect(lastLines(path, 2)).toEqual(['two', 'three'])
    expect(lastLines(path, 9)).toEqual(['one', 'two', 'three'])
    expect(lastLines(path, 0)).toEqual([])
    expect(lastLines(write('b.log', 'one\ntwo'), 1)).toEqual(['two'])
    expect(lastLines(write('c.log', ''), 5)).toEqual([])
    expect(lastLines(write('d.log', 'a\n\n'), 5)).toEqual(['a', ''])
  })
  test('is read without the rest: of a large log, the last 4 MB at most', () => {
    const path = write('large.log', `${'x'.repeat(1023)}\n`.repeat(5 * 1024))
    expect(lastLines(path, 100_000)).toHaveLength(4 * 1024)
  })
})

describe('following', () => {
  /** Follows while `work` runs, then until `count` lines came or a second passed. */
  async function followed(
    find: () => readonly string[],
    work: () => Promise<void> | void,
    count: number,
  ): Promise<string[]> {
    const control = new AbortController()
    const lines: string[] = []
    const ended = followLogs(find, (line) => lines.push(line), control.signal, 5)
    await sleep(15)
    await work()
    for (let waited = 0; waited < 1000 && lines.length < count; waited += 5) await sleep(5)
    await sleep(15)
    control.abort()
    await ended
    return lines
  }

  test('hands over what is written from now on, whole lines only', async () => {
    const path = write('a.log', 'before\n')
    const lines = await followed(
      () => [path],
      async () => {
        appendFileSync(path, 'one\ntw')
        await sleep(20)
        appendFileSync(path, 'o\nthr')
      },
      2,
    )
    expect(lines).toEqual(['one', 'two'])
  })

  test('goes on through a rotation that cuts the file to nothing', async () => {
    const path = write('a.log', 'a long line that was shown before\n')
    const lines = await followed(
      () => [path],
      async () => {
        truncateSync(path, 0)
        await sleep(20)
        appendFileSync(path, 'after\n')
      },
      1,
    )
    expect(lines).toEqual(['after'])
  })

  test('goes on through a rotation that puts another file in its place, even a larger one', async () => {
    const path = write('a.log', 'x\n')
    const lines = await followed(
      () => [path],
      async () => {
        renameSync(path, `${path}.1`)
        await sleep(20)
        writeFileSync(path, 'the first line of the new file\nand its second\n')
      },
      2,
    )
    expect(lines).toEqual(['the first line of the new file', 'and its second'])
  })

  test('takes up a log that appears meanwhile', async () => {
    write('agent.log', 'x\n')
    const lines = await followed(
      () => logFiles(directory, undefined),
      () => void writeFileSync(join(directory, 'postgres.log'), 'born\n'),
      1,
    )
    expect(lines).toEqual(['born'])
  })

  test('ends at once when it is told to', async () => {
    const path = write('a.log', 'x\n')
    const begun = performance.now()
    await followLogs(
      () => [path],
      () => undefined,
      AbortSignal.timeout(20),
      60_000,
    )
    expect(performance.now() - begun).toBeLessThan(5000)
  })
})
