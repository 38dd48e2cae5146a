import { quoteIdentifier, quoteLiteral } from './quoting.ts'

/**
 * Settings whose value is a list of names (GUC_LIST_QUOTE in src/backend/utils/misc/guc_tables.c): each
 * name is quoted on its own, or the server would take the whole list for one name.
 */
const nameLists: ReadonlySet<string> = new Set([
  'local_preload_libraries',
  'search_path',
  'session_preload_libraries',
  'shared_preload_libraries',
  'temp_tablespaces',
  'unix_socket_directories',
])

/** `SET name = value` as ALTER ROLE and ALTER DATABASE take it. */
export function settingSql(name: string, value: string): string {
  const values = isNameList(name) ? namesOf(value).map(quoteLiteral) : [quoteLiteral(value)]
  return `SET ${settingName(name)} = ${values.length === 0 ? "''" : values.join(', ')}`
}

export function resetSql(name: string): string {
  return `RESET ${settingName(name)}`
}

/** Whether the server's catalog has the value the spec gives; names are compared without case, as the server does. */
export function sameSetting(name: string, left: string, right: string): boolean {
  return isNameList(name) ? JSON.stringify(namesOf(left)) === JSON.stringify(namesOf(right)) : left === right
}

function isNameList(name: string): boolean {
  return nameLists.has(name.toLowerCase())
}

/** A custom setting has two names (`pgherd.x`), each an identifier. */
function settingName(name: string): string {
  return name.split('.').map(quoteIdentifier).join('.')
}

/** `"$user", public` as names: what is not quoted is folded to lower case (SplitIdentifierString in varlena.c). */
function namesOf(list: string): readonly string[] {
  const names = list.match(/"(?:[^"]|"")*"|[^,\s][^,]*/g) ?? []
  return names
    .map((name) =>
      name.startsWith('"') ? name.slice(1, -1).replaceAll('""', '"') : name.trim().toLowerCase(),
    )
    .filter((name) => name !== '')
}
