import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseChecked } from './checked-json.ts'

/**
 * True when a directory holds base backups, finished or not, that only a key opens. A repository that does not say
 * how it is sealed counts as sealed: a key made in place of a lost one would hide the loss.
 */
export function holdsSealedBackups(root: string): boolean {
  const backups = namesIn(join(root, 'base'))
  return (
    backups.length > 0 &&
    !['repository.json', 'repository.copy.json'].some((copy) => saysPlain(join(root, copy)))
  )
}

function saysPlain(path: string): boolean {
  try {
    const value = parseChecked(readFileSync(path, 'utf8'))
    return value !== undefined && 'sealing' in value && value.sealing === 'none'
  } catch {
    return false
  }
}

function namesIn(directory: string): readonly string[] {
  try {
    return readdirSync(directory)
  } catch {
    return []
  }
}
