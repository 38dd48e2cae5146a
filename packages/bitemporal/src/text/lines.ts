import { createHash } from 'node:crypto'
import { BitemporalError } from '../errors/bitemporal-error.ts'
import { header, trailerPattern, type TextRecord } from './record.ts'
import { readRecord } from './read-record.ts'
import { TextFault } from './tokens.ts'

/**
 * The records of a text, in order, and its digest looked at. Throws INVALID_TEXT with the number of the line. Where
 * `verify` is false a text that this library wrote may have been changed since.
 */
export async function* readRecords(
  source: AsyncIterable<string | Uint8Array> | Iterable<string | Uint8Array>,
  verify: boolean,
): AsyncGenerator<TextRecord, void, undefined> {
  const digest = createHash('sha256')
  let line = 0
  let records = 0
  let isOurs = false
  let isOver = false
  for await (const text of linesOf(source)) {
    line++
    if (isOver && text !== '') throw faulty(line, 'it comes after the end', 'Import one export at a time.')
    if (text === header[1]) isOurs = true
    const end = trailerPattern.exec(text)
    if (end && verify) {
      if (Number(end[1]) !== records || end[2] !== digest.digest('hex'))
        throw faulty(line, 'the text above is not what was exported', changed)
      isOver = true
    }
    if (isOver) continue
    digest.update(`${text}\n`)
    if (text === '' || text.startsWith('#') || /^VERSION \d+(?:\.\d+)?$/.test(text)) continue
    yield recordOf(text, line)
    records++
  }
  if (isOurs && verify && !isOver) throw faulty(line + 1, 'the text ends before its end', changed)
}

const changed = 'Export again, or copy it again whole; when it was changed on purpose, pass `verify: false`.'

function recordOf(text: string, line: number): TextRecord {
  try {
    return readRecord(text)
  } catch (thrown) {
    if (thrown instanceof TextFault) throw faulty(line, thrown.message, thrown.mend, thrown)
    if (thrown instanceof BitemporalError) throw faulty(line, thrown.detail, thrown.mend, thrown)
    throw thrown
  }
}

/** Lines without their ends, whatever the pieces are. Throws INVALID_TEXT for bytes that are not UTF-8. */
async function* linesOf(
  source: AsyncIterable<string | Uint8Array> | Iterable<string | Uint8Array>,
): AsyncGenerator<string, void, undefined> {
  const decoder = new TextDecoder('utf-8', { fatal: true })
  let line = 0
  let pieces: string[] = []
  const decoded = (piece: string | Uint8Array | undefined): string => {
    if (typeof piece === 'string') return piece
    try {
      return piece ? decoder.decode(piece, { stream: true }) : decoder.decode()
    } catch (cause) {
      throw faulty(line + 1, 'it or a line soon after it is not UTF-8', 'Write the text as UTF-8.', cause)
    }
  }
  const whole = (last: string): string => {
    const text = [...pieces, last].join('')
    pieces = []
    line++
    return text.endsWith('\r') ? text.slice(0, -1) : text
  }
  for await (const piece of source) {
    const [first = '', ...others] = decoded(piece).split('\n')
    if (others.length === 0) {
      pieces.push(first)
      continue
    }
    yield whole(first)
    const last = others.pop() ?? ''
    for (const text of others) yield whole(text)
    pieces.push(last)
  }
  pieces.push(decoded(undefined))
  if (pieces.some((piece) => piece !== '')) yield whole('')
}

function faulty(line: number, detail: string, mend: string, cause?: unknown): BitemporalError {
  return new BitemporalError('INVALID_TEXT', {
    detail: `line ${line}: ${detail}`,
    why: 'a line that is left out or guessed at would change answers; nothing was imported',
    mend,
    cause,
  })
}
