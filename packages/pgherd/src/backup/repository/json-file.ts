import { readFile } from 'node:fs/promises'
import type { RunAs } from '../../topology/host-facts.ts'
import { parseChecked, renderChecked } from './checked-json.ts'
import { damaged, explainReadFailure, isAbsent } from './damage.ts'
import { writeDurably } from './durable-write.ts'

/** Writes a record with its checksum, whole or not at all. */
export function writeJsonFile(path: string, owner: RunAs, value: object): Promise<void> {
  return writeDurably(path, owner, (file) => file.writeFile(renderChecked(value)))
}

/**
 * Reads a record; undefined when there is none.
 *
 * @throws DiagnosticError BACKUP_FILE_DAMAGED when a byte of it has changed since it was written.
 */
export async function readJsonFile(path: string): Promise<object | undefined> {
  let text: string
  try {
    text = await readFile(path, 'utf8')
  } catch (error) {
    if (isAbsent(error)) return undefined
    throw explainReadFailure(path, error)
  }
  const value = parseChecked(text)
  if (!value) throw damaged(path, 'its contents do not match the checksum it carries')
  return value
}
