/** A part of a file, and the line it begins on, from 1. */
export interface Part {
  readonly text: string
  readonly firstLine: number
  /** False when the layout's own mark says so; the header of the text may say it too. */
  readonly transactional: boolean
}

export interface Parts {
  readonly up: Part
  readonly down: Part | undefined
  /** What is wrong with the marks of the file, to be put after its name. */
  readonly problem?: string
}

/** How one tool writes both directions into one file. */
export interface Layout {
  readonly name: string
  /** The lines that begin the directions in a new file. */
  readonly marks: { readonly up: string; readonly down: string }
  /** The parts, or undefined when the file is not written this way. */
  split(lines: readonly string[]): Parts | undefined
}

/** Lines `from` up to but without `to`, as a part. */
export function partOf(lines: readonly string[], from: number, to: number, transactional = true): Part {
  return { text: lines.slice(from, to).join('\n'), firstLine: from + 1, transactional }
}

/** The words of a line that is a comment (`-- migrate:up transaction:false`), else undefined. */
export function commentWords(line: string): readonly string[] | undefined {
  const text = line.trim()
  if (!text.startsWith('--')) return undefined
  return text
    .replace(/^[-\s]+/, '')
    .split(/\s+/)
    .filter((word) => word !== '')
}
