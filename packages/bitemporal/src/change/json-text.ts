import { BitemporalError } from '../errors/bitemporal-error.ts'

/** An escaped NUL or half of a surrogate pair, with an even number of backslashes before it. */
const unstorable = /(?<!\\)(?:\\\\)*\\u(?:0000|d[89a-f][0-9a-f]{2})/i

/**
 * The JSON of a value. Throws INVALID_VALUE for what JSON cannot hold, and for NUL and lone surrogates, which jsonb
 * refuses (the JSON types chapter of the PostgreSQL documentation).
 */
export function jsonText(value: unknown, what: string): string {
  const json = stringified(value, what)
  // JSON.stringify escapes only control characters and lone surrogates, so most texts are done here
  if (json.includes('\\u') && unstorable.test(json))
    throw new BitemporalError('INVALID_VALUE', {
      detail: `${what} contains the character NUL or half of a surrogate pair`,
      why: 'PostgreSQL has no text with it',
      mend: 'Remove the character, or store the bytes as base64.',
    })
  return json
}

function stringified(value: unknown, what: string): string {
  let cause: unknown
  try {
    const json = JSON.stringify(value) as string | undefined
    if (json !== undefined) return json
  } catch (thrown) {
    cause = thrown
  }
  const reason = cause instanceof Error ? cause.message.split('\n')[0] : `a ${typeof value} has no JSON`
  throw new BitemporalError('INVALID_VALUE', {
    detail: `${what} cannot be written as JSON: ${reason}`,
    why: 'values are stored as JSON',
    mend: 'Keep to plain objects, arrays, strings, finite numbers, booleans and null; write a bigint as a string.',
    cause,
  })
}
