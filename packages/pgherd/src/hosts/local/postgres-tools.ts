import { accessSync, constants, existsSync, readdirSync } from 'node:fs'
import { delimiter, join } from 'node:path'

/** Programs that pgherd uses when they are there. */
const toolNames = [
  'psql', 'pgbench', 'pg_dump', 'pg_dumpall', 'pg_restore', 'pg_basebackup', 'pg_receivewal', 'pg_verifybackup',
  'pg_amcheck', 'pg_checksums', 'pg_controldata', 'pg_waldump', 'pg_combinebackup', 'pg_rewind', 'pg_upgrade',
  'pg_isready', 'pg_ctl', 'pg_resetwal',
] // prettier-ignore

/** Clients that work with servers of other majors, so any version on the machine will do. */
const anyVersion = ['psql', 'pgbench']

/** Where Debian and PGDG keep one bin directory per major. */
const versionedDirectory = '/usr/lib/postgresql'

/** The programs beside the server; for psql and pgbench also those of other installations, the nearest newer major first. */
export function findTools(bin: string, major: number, searchElsewhere: boolean): Record<string, string> {
  const tools: Record<string, string> = {}
  for (const name of toolNames) {
    const elsewhere = searchElsewhere && anyVersion.includes(name) ? otherDirectories(major) : []
    const found = [bin, ...elsewhere].map((directory) => join(directory, name)).find(executable)
    if (found !== undefined) tools[name] = found
  }
  return tools
}

function otherDirectories(major: number): string[] {
  const installed = existsSync(versionedDirectory)
    ? readdirSync(versionedDirectory).map(Number).filter(Number.isInteger)
    : []
  const newer = installed.filter((each) => each >= major).sort((a, b) => a - b)
  const older = installed.filter((each) => each < major).sort((a, b) => b - a)
  const path = (process.env['PATH'] ?? '').split(delimiter).filter((each) => each.startsWith('/'))
  return [...[...newer, ...older].map((each) => join(versionedDirectory, String(each), 'bin')), ...path]
}

export function executable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}

/** Names of the extensions that can be created: the control files of the share directory (https://www.postgresql.org/docs/current/extend-extensions.html). */
export function findExtensions(shareDirectory: string): string[] {
  const directory = join(shareDirectory, 'extension')
  if (!existsSync(directory)) return []
  return readdirSync(directory)
    .flatMap((name) => {
      // `name.control` is the extension; `name--1.2.control` is about one version of it
      const match = /^(.+)\.control$/.exec(name)
      return match?.[1] !== undefined && !match[1].includes('--') ? [match[1]] : []
    })
    .sort()
}
