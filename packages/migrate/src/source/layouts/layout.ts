import { lineComments, type LineComment } from '../../grammar/line-comments.ts'

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

/** A comment that names a direction. */
export interface Mark {
  readonly direction: 'up' | 'down'
  readonly isOutside: boolean
  /** It is not what the tool itself writes, though the tool would take it for its mark. */
  readonly isDoubtful: boolean
  /** Index of the beginning of its line. */
  readonly start: number
  readonly line: number
  readonly comment: LineComment
}

/** How one tool writes both directions into one file. */
export interface Layout {
  readonly name: string
  /** The lines that begin the directions in a new file. */
  readonly marks: { readonly up: string; readonly down: string }
  /** What a comment in a line of its own says to it; undefined when that is nothing. */
  read(comment: string): Pick<Mark, 'direction' | 'isOutside' | 'isDoubtful'> | undefined
}

/**
 * Splits a text by the marks of a layout; undefined when it has none. Only comments count, never what looks like one in a
 * string or a body. Whatever can be read in two ways is a problem: a guess would run a down part behind an up part, or
 * leave statements out.
 */
export function splitBy(layout: Layout, text: string): Parts | undefined {
  const marks = lineComments(text).flatMap((comment): readonly Mark[] => {
    const said = comment.isAlone ? layout.read(text.slice(comment.start, comment.end).trimEnd()) : undefined
    if (!said) return []
    const start = text.lastIndexOf('\n', comment.start - 1) + 1
    return [{ ...said, start, line: text.slice(0, start).split('\n').length, comment }]
  })
  if (marks.length === 0) return undefined
  const up = marks.find(({ direction }) => direction === 'up')
  const down = marks.find(({ direction }) => direction === 'down')
  const problem = problemOf(marks, layout.marks)
  if (problem !== undefined || !up) return { up: whole(text), down: undefined, problem: problem ?? '' }
  return {
    // comments above the mark may hold a directive
    up: partOf(text, { ...up, start: 0, line: 1 }, down?.start),
    down: down && partOf(text, down),
  }
}

/** What can be read in two ways, if anything; to be put after the name of the file. */
function problemOf(marks: readonly Mark[], written: Layout['marks']): string | undefined {
  const [first, second, ...others] = marks
  const doubtful = marks.find(({ isDoubtful }) => isDoubtful)
  if (doubtful)
    return `has a comment in line ${doubtful.line} that may be a mark or may be prose, so nobody can tell what would be run (a mark is "${written[doubtful.direction]}" and nothing else)`
  const inside = marks.find(({ comment }) => comment.isInside)
  if (inside) return `has a mark in line ${inside.line}, in the middle of a statement`
  if (first?.direction !== 'up')
    return `has "${written.down}" without "${written.up}" before it, so nobody can tell what would be run`
  if (others.length > 0 || second?.direction === 'up')
    return `has another mark in line ${(second?.direction === 'up' ? second : others[0])?.line}, so nobody can tell what would be run`
  if (first.comment.isBelowCode) return `has statements above "${written.up}", which would never be run`
  return undefined
}

function partOf(text: string, mark: Mark, end = text.length): Part {
  return {
    text: text.slice(mark.start, end === text.length ? end : end - 1),
    firstLine: mark.line,
    transactional: !mark.isOutside,
  }
}

/** The whole file is one direction: our own layout, that of sqlx and that of poststack, which put down into a file of its own. */
export function whole(text: string): Part {
  return { text, firstLine: 1, transactional: true }
}
