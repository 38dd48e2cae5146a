import { identifier, literal } from '../history/sql-text.ts'
import type { Ground } from './ground.ts'
import type { Settled } from './options.ts'

/*
 * What a script may have changed in its session is put back after every script, whatever its words: a default, a trigger, an
 * event trigger, an index expression or a check may call a function that sets what it likes, and no text tells. A deferred
 * trigger does so as late as in the commit, so what goes before the next script must come after it.
 */

/** Makes the session one that may write the history again: for the rest of the transaction, or from now on. */
export function ownRoleSql({ sessionUser, role }: Ground, scope: 'local' | 'session' = 'session'): string {
  // in this order: the first takes the role away
  return `set ${scope} session authorization ${literal(sessionUser)};\nset ${scope} role ${literal(role)};\n`
}

/** Puts back who the session is and where it looks for names. */
export function putBackSql(ground: Ground): string {
  return `${ownRoleSql(ground)}${pathSql(ground.searchPath)}`
}

/** SET costs half of what a SELECT does, but takes a list where the setting is one text: the usual ones are taken apart. */
function pathSql(searchPath: string): string {
  const names = searchPath.split(',').map((name) => name.trim())
  if (!names.every((name) => usualName.test(name)))
    return `select set_config('search_path', ${literal(searchPath)}, false);\n`
  return `set search_path = ${names.map((name) => (name.startsWith('"') ? name : identifier(name))).join(', ')};\n`
}

/** A name in quotes without any within it, or one that needs none. */
const usualName = /^("[^"]+"|[a-z_][a-z0-9_]*)$/

/** How long statements may wait and run. */
export function limitsSql(
  { lockTimeoutMs, statementTimeoutMs }: Settled,
  scope: 'local' | 'session',
): string {
  return `set ${scope} lock_timeout = ${lockTimeoutMs};\nset ${scope} statement_timeout = ${statementTimeoutMs};\n`
}

/** From here on a commit is flushed as whoever runs this wants it, and every commit before it by that: WAL is one sequence. */
export function flushedSql({ synchronousCommit }: Ground): string {
  return `set synchronous_commit = ${literal(synchronousCommit)};\n`
}
