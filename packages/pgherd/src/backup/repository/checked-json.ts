import { createHash } from 'node:crypto'

/** Last member of every JSON file of the repository: SHA-256 of the file without it. */
const checkMember = 'checksum'

/** JSON with its own checksum, so that a flipped bit in a record is found like one in a data file. */
export function renderChecked(value: object): string {
  const checksum = createHash('sha256').update(JSON.stringify(value)).digest('hex')
  return `${JSON.stringify({ ...value, [checkMember]: checksum }, undefined, 2)}\n`
}

/** Reads what `renderChecked` wrote; undefined when it is not that, byte for byte. */
export function parseChecked(text: string): object | undefined {
  try {
    const { [checkMember]: _checksum, ...value } = JSON.parse(text) as Record<string, unknown>
    return renderChecked(value) === text ? value : undefined
  } catch {
    return undefined
  }
}
