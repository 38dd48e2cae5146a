import { stripVTControlCharacters } from 'node:util'
import { createOutput, type Output } from '../output.ts'
import { visibleWidth } from './visible-width.ts'

interface Screen {
  readonly output: Output
  readonly text: () => string
  readonly errors: () => string
  /** Cells of the widest line. */
  readonly widest: () => number
}

/** An output into memory, as wide as asked. */
export function screen(width = 100, json = false): Screen {
  let shown = ''
  let complained = ''
  const output = createOutput(json, {
    stdout: { isTTY: true, columns: width, write: (text) => (shown += text) },
    stderr: { isTTY: false, write: (text) => (complained += text) },
    stdin: {},
  })
  return {
    output,
    text: () => stripVTControlCharacters(shown),
    errors: () => stripVTControlCharacters(complained),
    widest: () => Math.max(0, ...shown.split('\n').map(visibleWidth)),
  }
}
