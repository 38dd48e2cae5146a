import { createHash, timingSafeEqual } from 'node:crypto'

const digest = (text: string) => createHash('sha256').update(text).digest()

/**
 * Whether an Authorization header carries the token (RFC 6750). Digests are compared, so that neither
 * the time nor the length tells how much of a guess was right. An empty token never matches.
 */
export function carriesToken(header: string | undefined, token: string): boolean {
  const match = /^Bearer +([\x21-\x7e]{1,512})$/i.exec(header ?? '')
  const same = timingSafeEqual(digest(match?.[1] ?? ''), digest(token))
  return match !== null && token.length > 0 && same
}
