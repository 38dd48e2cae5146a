import { closeSync, fstatSync, openSync, readSync, readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

/** The log of each unit (`postgres.log`, `agent.log`), the newest of several, or that of the named unit alone. */
export function logFiles(directory: string, unit: string | undefined): readonly string[] {
  let names: string[]
  try {
    names = readdirSync(directory)
  } catch {
    return []
  }
  const newest = new Map<string, { path: string; at: number }>()
  for (const name of names.filter((each) => /\.(log|json)$/.test(each)).sort()) {
    const of = name.split(/[-._]/)[0] ?? name
    if (unit !== undefined && of !== unit && name !== unit) continue
    const path = join(directory, name)
    const found = statSync(path, { throwIfNoEntry: false })
    if (found && found.size > 0 && found.mtimeMs >= (newest.get(of)?.at ?? 0))
      newest.set(of, { path, at: found.mtimeMs })
  }
  return [...newest.values()].map(({ path }) => path)
}

const tailBytes = 4 * 2 ** 20

/** The last lines of a file, at most those of its last 4 MB; reads its end only. */
export function lastLines(path: string, count: number): readonly string[] {
  const file = openSync(path, 'r')
  try {
    const { size } = fstatSync(file)
    const buffer = Buffer.alloc(Math.min(size, tailBytes))
    const read = readSync(file, buffer, 0, buffer.length, size - buffer.length)
    const text = buffer.toString('utf8', 0, read).replace(/\n$/, '')
    return count === 0 || text === '' ? [] : text.split('\n').slice(-count)
  } finally {
    closeSync(file)
  }
}

/** Where reading of a log goes on: which file, and how far it was read. */
interface Position {
  readonly inode: number
  at: number
}

/**
 * Hands over lines as they are written, until the signal fires. Follows a log through its rotation, whether it
 * is cut to nothing or replaced, and a unit to its newer log; what is there at the start was shown already.
 */
export async function followLogs(
  find: () => readonly string[],
  onLine: (line: string) => void,
  signal: AbortSignal,
  everyMs = 300,
): Promise<void> {
  const positions = new Map<string, Position>()
  for (const path of find()) positions.set(path, endOf(path))
  while (!signal.aborted) {
    for (const path of find()) {
      const position = positions.get(path) ?? { inode: 0, at: 0 }
      positions.set(path, readNew(path, position, onLine))
    }
    // an abort ends the wait; the loop sees why
    await sleep(everyMs, undefined, { signal }).catch(() => undefined)
  }
}

function endOf(path: string): Position {
  const found = statSync(path, { throwIfNoEntry: false })
  return { inode: found?.ino ?? 0, at: found?.size ?? 0 }
}

function readNew(path: string, before: Position, onLine: (line: string) => void): Position {
  let file: number
  try {
    file = openSync(path, 'r')
  } catch {
    // between the two halves of a rotation
    return before
  }
  try {
    const { size, ino } = fstatSync(file)
    const from = ino === before.inode && size >= before.at ? before.at : 0
    const buffer = Buffer.alloc(Math.min(size - from, tailBytes))
    const read = readSync(file, buffer, 0, buffer.length, from)
    const whole = buffer.subarray(0, read).lastIndexOf(10) + 1
    for (const line of buffer.toString('utf8', 0, whole).split('\n').slice(0, -1)) onLine(line)
    return { inode: ino, at: from + whole }
  } finally {
    closeSync(file)
  }
}
