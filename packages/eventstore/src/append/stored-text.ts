import { EventStoreError } from '../errors/event-store-error.ts'
import type { ErrorCode } from '../errors/error-codes.ts'

/** An entry of a B-tree index holds at most 2704 bytes; 512 characters are at most 1536 of UTF-8. */
const maxCharacters = 512

/** Throws INVALID_STREAM for a name that could not be stored as it is. Quotes, blanks and emoji are fine. */
export function checkStreamName(stream: string): void {
  if (typeof stream !== 'string' || stream === '')
    throw refused('INVALID_STREAM', 'a stream has to have a name', 'events belong to a stream')
  checkText(stream, 'the stream name', 'INVALID_STREAM')
}

/** Throws an error of the given code for text that PostgreSQL would refuse or the driver would change. */
export function checkText(text: string, what: string, code: ErrorCode): void {
  if (text.length > maxCharacters)
    throw refused(
      code,
      `${what} has ${text.length} characters, and ${maxCharacters} are the most`,
      'it is indexed',
    )
  if (text.includes('\0'))
    throw refused(code, `${what} contains the character NUL`, 'PostgreSQL has no text with it')
  if (!text.isWellFormed())
    throw refused(code, `${what} contains half of a surrogate pair`, 'as UTF-8 it would become another text')
}

function refused(code: ErrorCode, detail: string, why: string): EventStoreError {
  return new EventStoreError(code, { detail, why, mend: 'Correct it before appending.' })
}
