import { damaged, LineSeal, linesOf } from './sealed-lines.ts'

/** The name and version that an export begins with. */
export const exportFormat = { format: '@pgherd/eventstore', version: 1 } as const

export interface ExportHeader {
  readonly format: string
  readonly version: number
  /** When it was begun, in ISO 8601. */
  readonly exportedAt: string
  /** The last position that was given out: later appends to an imported store get greater ones. */
  readonly lastPosition: number
  readonly snapshots: boolean
}

/** What an export holds. */
export interface ExportSummary {
  readonly exportedAt: Date
  readonly lastPosition: number
  /** Records of each kind. */
  readonly counts: Readonly<Record<string, number>>
  /** SHA-256 over all of it, in base64url. Kept elsewhere, it shows that nobody replaced the file. */
  readonly digest: string
}

/** What `readExport` does with what it has checked. */
export interface ExportReader {
  readonly header?: (header: ExportHeader) => Promise<void>
  readonly record?: (kind: string, values: readonly (string | null)[]) => Promise<void>
}

/** Reads an export line by line; each is checked before the reader is given it. Throws EXPORT_DAMAGED and what the reader throws. */
export async function readExport(
  source: AsyncIterable<string | Uint8Array>,
  reader: ExportReader = {},
): Promise<ExportSummary> {
  const seal = new LineSeal()
  const counts: Record<string, number> = {}
  let header: ExportHeader | undefined
  let isAtEnd = false
  let number = 0
  for await (const line of linesOf(source)) {
    number++
    if (isAtEnd) throw damaged(`line ${number} comes after the end`)
    const json = seal.open(line)
    if (json === undefined) throw damaged(`line ${number} does not have the digest it was written with`)
    const [kind, ...values] = JSON.parse(json) as [string, ...unknown[]]
    if (!header) {
      header = headerOf(kind, values[0])
      await reader.header?.(header)
    } else if (kind === 'end') {
      checkCounts(counts, values[0])
      isAtEnd = true
    } else {
      counts[kind] = (counts[kind] ?? 0) + 1
      await reader.record?.(kind, values as (string | null)[])
    }
  }
  if (!header || !isAtEnd) throw damaged(`it breaks off after line ${number}, before its end`)
  const { exportedAt, lastPosition } = header
  return { exportedAt: new Date(exportedAt), lastPosition, counts, digest: seal.digest }
}

function headerOf(kind: string, value: unknown): ExportHeader {
  const header = value as ExportHeader
  if (kind === 'export' && header.format === exportFormat.format && header.version === exportFormat.version)
    return header
  throw damaged(
    `line 1 does not say that it is an export of ${exportFormat.format}, version ${exportFormat.version}`,
  )
}

function checkCounts(found: Readonly<Record<string, number>>, wanted: unknown): void {
  for (const [kind, count] of Object.entries(wanted as Record<string, number>))
    if ((found[kind] ?? 0) !== count)
      throw damaged(`it has ${found[kind] ?? 0} records ${kind} instead of ${count}`)
}

/** Checks an export without a database, and says what it holds. Throws EXPORT_DAMAGED. */
export function verifyExport(source: AsyncIterable<string | Uint8Array>): Promise<ExportSummary> {
  return readExport(source)
}
