import { partOf, type Parts } from './layout.ts'

/** The whole file is one direction: our own layout, that of sqlx and that of poststack, which put down into a file of its own. */
export function plain(lines: readonly string[]): Parts {
  return { up: partOf(lines, 0, lines.length), down: undefined }
}
