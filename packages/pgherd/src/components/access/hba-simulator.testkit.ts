import { inMask, inRange } from './cidr.ts'
import { tokenize, type HbaLine, type HbaToken } from './hba-tokens.ts'

/** A client at the door. */
export interface Connection {
  /** The client's address, or the Unix socket. */
  readonly from: 'socket' | { readonly address: string; readonly tls: boolean }
  readonly database: string
  readonly role: string
  /** Physical replication, which only the keyword `replication` matches. */
  readonly replication?: boolean
  /** Roles this one is a member of, for `+group` and `samerole`. */
  readonly memberOf?: readonly string[]
}

export interface Verdict {
  /** `implicit reject` when no line matches. */
  readonly method: string
  readonly line?: number
  readonly options: readonly string[]
}

/** Which line of a pg_hba.conf decides: the first that matches (hba.c, check_hba). `major` decides whether names can be expressions. */
export function decideByHba(contents: string, connection: Connection, major: number): Verdict {
  for (const line of tokenize(contents)) {
    const verdict = decideByLine(line, connection, major)
    if (verdict) return verdict
  }
  return { method: 'implicit reject', options: [] }
}

function decideByLine(
  { number, fields }: HbaLine,
  connection: Connection,
  major: number,
): Verdict | undefined {
  const [[type] = [], databases = [], roles = [], ...rest] = fields
  if (!type || !typeMatches(type.text, connection)) return undefined
  if (type.text !== 'local' && !addressMatches(rest, connection)) return undefined
  if (!databases.some((token) => databaseMatches(token, connection, major))) return undefined
  if (!roles.some((token) => roleMatches(token, connection, major))) return undefined
  const [[method] = [], ...options] = type.text === 'local' ? rest : rest.slice(hasMask(rest) ? 2 : 1)
  return {
    method: method?.text ?? 'error',
    line: number,
    options: options.map((field) => field[0]?.text ?? ''),
  }
}

function typeMatches(type: string, { from }: Connection): boolean {
  if (from === 'socket') return type === 'local'
  return (
    type === 'host' ||
    (type === 'hostssl' && from.tls) ||
    (type === 'hostnossl' && !from.tls) ||
    type === 'hostnogssenc'
  )
}

function hasMask([address]: readonly (readonly HbaToken[])[]): boolean {
  const text = address?.[0]?.text ?? ''
  return /^[0-9a-fA-F:.]+$/.test(text) && (text.includes('.') || text.includes(':'))
}

function addressMatches(rest: readonly (readonly HbaToken[])[], { from }: Connection): boolean {
  const token = rest[0]?.[0]
  if (from === 'socket' || !token) return false
  if (token.text === 'all' && !token.quoted) return true
  return hasMask(rest)
    ? inMask(from.address, token.text, rest[1]?.[0]?.text ?? '')
    : inRange(from.address, token.text)
}

function databaseMatches(
  token: HbaToken,
  { database, role, replication, memberOf = [] }: Connection,
  major: number,
): boolean {
  const keyword = token.quoted ? '' : token.text
  if (replication) return keyword === 'replication'
  if (keyword === 'all') return true
  if (keyword === 'sameuser') return database === role
  if (keyword === 'samerole' || keyword === 'samegroup') return memberOf.includes(database)
  if (keyword === 'replication') return false
  return nameMatches(token, database, major)
}

function roleMatches(token: HbaToken, { role, memberOf = [] }: Connection, major: number): boolean {
  if (!token.quoted && token.text.startsWith('+')) return memberOf.includes(token.text.slice(1))
  if (!token.quoted && token.text === 'all') return true
  return nameMatches(token, role, major)
}

/** Since 16 a leading slash makes an expression, in quotes too. */
function nameMatches({ text }: HbaToken, name: string, major: number): boolean {
  if (major < 16 || !text.startsWith('/')) return text === name
  return new RegExp(text.slice(1), 's').test(name)
}
