/**
 * Where an entry of a backup's tar file belongs, as a relative path without `.`; the empty path is the directory
 * itself. Throws RangeError for a name that would leave the directory.
 */
export function entryPath(name: string): string {
  if (name.startsWith('/') || name.includes('\0') || name.includes('\\')) {
    throw new RangeError(`the entry ${JSON.stringify(name)} is not a plain relative name`)
  }
  const parts = name.split('/').filter((part) => part !== '' && part !== '.')
  if (parts.includes('..'))
    throw new RangeError(`the entry ${JSON.stringify(name)} points outside the data directory`)
  return parts.join('/')
}

/** The tablespace whose link this path is: `pg_tblspc/16397`. */
export function tablespaceOf(path: string): number | undefined {
  const match = /^pg_tblspc\/(\d+)$/.exec(path)
  return match ? Number(match[1]) : undefined
}

/**
 * The file from which a restored server makes the links of its tablespaces (PostgreSQL docs, 69.1; read_tablespace_map
 * in xlogrecovery.c). As stored it leads into the directories of the live server, so a restore writes its own.
 */
export function tablespaceMap(places: ReadonlyMap<number, string>): string {
  return [...places]
    .map(([oid, place]) => `${oid} ${place.replaceAll(/[\\\n\r]/g, (each) => `\\${each}`)}\n`)
    .join('')
}
