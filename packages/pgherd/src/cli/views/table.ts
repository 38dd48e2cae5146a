import { visibleWidth } from './visible-width.ts'
import { wrapped } from './wrap.ts'

/** Below this many cells a text that flows is hard to read. */
const readable = 36

interface Layout {
  readonly widths: readonly number[]
  readonly indent: string
  /** Cells in front of the last column. */
  readonly before: number
  readonly width: number
}

/**
 * Columns padded to their widest cell, two spaces apart. With a width the last column is wrapped into what is
 * left of it; where too little is left, a cell that does not fit stands below its row instead.
 */
export function table(rows: readonly (readonly string[])[], indent = '', width = Infinity): string {
  const columns = Math.max(0, ...rows.map((row) => row.length))
  const widths = Array.from({ length: columns }, (_, index) =>
    Math.max(0, ...rows.map((row) => visibleWidth(row[index] ?? ''))),
  )
  const before = indent.length + widths.slice(0, -1).reduce((sum, each) => sum + each + 2, 0)
  return rows.map((row) => oneRow(row, { widths, indent, before, width })).join('\n')
}

function oneRow(row: readonly string[], { widths, indent, before, width }: Layout): string {
  const full = row.length === widths.length && row.length > 1
  const fixed = full ? row.slice(0, -1) : row
  const start = (
    indent +
    fixed.map((cell, index) => cell + ' '.repeat((widths[index] ?? 0) - visibleWidth(cell))).join('  ')
  ).trimEnd()
  const flowing = full ? (row.at(-1) ?? '') : ''
  if (flowing === '') return start
  const room = width - before
  if (visibleWidth(flowing) > room && room < readable) {
    const deeper = `${indent}    `
    return [
      start,
      ...wrapped(flowing, Math.max(20, width - deeper.length)).map((line) => deeper + line),
    ].join('\n')
  }
  const padded = start + ' '.repeat(Math.max(0, before - visibleWidth(start)))
  return wrapped(flowing, room)
    .map((line, index) => (index === 0 ? padded : ' '.repeat(before)) + line)
    .join('\n')
}
