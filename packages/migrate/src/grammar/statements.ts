import type { Node } from 'libpg-query'
import { loadParser } from './parser.ts'
import { offsetOfCharacter, placesIn } from './text-places.ts'

/** A statement of a text. Offsets are those of JavaScript strings; lines count from 1. */
export interface Statement {
  readonly node: Node
  /** Without the comments before it and without the semicolon. */
  readonly text: string
  readonly start: number
  readonly line: number
}

export interface Comment {
  readonly text: string
  readonly line: number
}

export interface ParsedText {
  readonly statements: readonly Statement[]
  readonly comments: readonly Comment[]
}

/** Why a text is not SQL to the grammar. */
export class SyntaxProblem extends Error {
  readonly line: number
  constructor(message: string, line: number) {
    super(message)
    this.name = 'SyntaxProblem'
    this.line = line
  }
}

const commentTokens = new Set(['SQL_COMMENT', 'C_COMMENT'])

/** Splits a text by the grammar of the server. Throws SyntaxProblem when it is not SQL to it. */
export async function parseText(text: string): Promise<ParsedText> {
  const parser = await loadParser()
  const place = placesIn(text)
  try {
    const { tokens } = parser.scanSync(text)
    const solid = tokens.filter(({ tokenName }) => !commentTokens.has(tokenName))
    let next = 0
    const statements = (parser.parseSync(text).stmts ?? []).flatMap((raw) => {
      const from = raw.stmt_location ?? 0
      while ((solid[next]?.start ?? Infinity) < from) next += 1
      const first = solid[next]?.start
      if (!raw.stmt || first === undefined) return []
      const start = place.offset(first)
      const end = raw.stmt_len ? place.offset(from + raw.stmt_len) : text.length
      return [
        { node: raw.stmt, start, text: withoutSemicolon(text.slice(start, end)), line: place.line(start) },
      ]
    })
    const comments = tokens
      .filter(({ tokenName }) => commentTokens.has(tokenName))
      .map((token) => ({ text: token.text, line: place.line(place.offset(token.start)) }))
    return { statements, comments }
  } catch (error) {
    const at = (error as { sqlDetails?: { cursorPosition?: number } }).sqlDetails?.cursorPosition
    throw new SyntaxProblem(
      error instanceof Error ? error.message : String(error),
      place.line(offsetOfCharacter(text, (at ?? 0) + 1)),
    )
  }
}

function withoutSemicolon(statement: string): string {
  const text = statement.trimEnd()
  return text.endsWith(';') ? text.slice(0, -1) : text
}
