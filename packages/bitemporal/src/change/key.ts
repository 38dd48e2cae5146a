import { BitemporalError } from '../errors/bitemporal-error.ts'

/** An entry of a B-tree index holds at most 2704 bytes; twice 256 characters are at most 1536 of UTF-8. */
const maxCharacters = 256

/** Throws INVALID_KEY for a subject or predicate that could not be stored as it is. Quotes, blanks and emoji are fine. */
export function checkKey(subject: string, predicate: string): void {
  checkName(subject, 'the subject')
  checkName(predicate, 'the predicate')
}

export function checkName(name: string, what: string): void {
  if (typeof name !== 'string' || name === '')
    throw refused(`${what} is no text, or empty`, 'facts are found by it')
  if (name.length > maxCharacters)
    throw refused(`${what} has ${name.length} characters, and ${maxCharacters} are the most`, 'it is indexed')
  if (name.includes('\0'))
    throw refused(`${what} contains the character NUL`, 'PostgreSQL has no text with it')
  if (!name.isWellFormed())
    throw refused(`${what} contains half of a surrogate pair`, 'as UTF-8 it would become another text')
}

function refused(detail: string, why: string): BitemporalError {
  return new BitemporalError('INVALID_KEY', { detail, why, mend: 'Correct it before storing the fact.' })
}
