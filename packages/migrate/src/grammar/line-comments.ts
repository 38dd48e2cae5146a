/** A `--` comment. */
export interface LineComment {
  /** Index in the string of its first dash, and of the end of its line. */
  readonly start: number
  readonly end: number
  /** Whether nothing but blanks stands before it in its line. */
  readonly isAlone: boolean
  /** Whether it stands within parentheses or a body BEGIN ATOMIC ... END, so that no statement can end there. */
  readonly isInside: boolean
  /** Whether anything but comments stands above it. */
  readonly isBelowCode: boolean
}

/**
 * The `--` comments of a text, and not what looks like one within a string, a quoted name, a body in dollars or a block
 * comment. By the lexical rules of the server (scan.l), under standard_conforming_strings. The grammar itself gives the same,
 * and a test holds them together; but it can only be loaded asynchronously, and files are read without that.
 */
export function lineComments(text: string): readonly LineComment[] {
  const comments: LineComment[] = []
  let open = 0
  let bodies: string[] = []
  let word = ''
  let isBelowCode = false
  let at = 0
  while (at < text.length) {
    const two = text.slice(at, at + 2)
    if (two === '--') {
      const end = lineEnd(text, at)
      const isAlone = text.slice(text.lastIndexOf('\n', at - 1) + 1, at).trim() === ''
      comments.push({ start: at, end, isAlone, isInside: open > 0 || bodies.length > 0, isBelowCode })
      at = end
    } else if (two === '/*') at = blockEnd(text, at)
    else if (isBlank(text[at])) at += 1
    else {
      isBelowCode = true
      const token = tokenEnd(text, at)
      const said = text.slice(at, Math.min(token, at + 10)).toLowerCase()
      if (said === '(') open += 1
      else if (said === ')') open = Math.max(0, open - 1)
      else if (said === ';' && bodies.length === 0) open = 0
      else bodies = bodiesAfter(bodies, word, said)
      word = said
      at = token
    }
  }
  return comments
}

/** What is open after a word: a body that is SQL itself, and what else in it ends with END. */
function bodiesAfter(bodies: string[], before: string, word: string): string[] {
  if (before === 'begin' && word === 'atomic') return [...bodies, word]
  if (bodies.length === 0) return bodies
  if (word === 'case') return [...bodies, word]
  return word === 'end' ? bodies.slice(0, -1) : bodies
}

/** Where the token ends that begins here, which is neither a blank nor a comment. */
function tokenEnd(text: string, at: number): number {
  const first = text[at] ?? ''
  if (first === "'") return quoteEnd(text, at, false)
  if (first === '"') return quoteEnd(text, at, false)
  if ((first === 'e' || first === 'E') && text[at + 1] === "'") return quoteEnd(text, at + 1, true)
  if (isNameStart(first)) {
    let end = at + 1
    while (isNamePart(text[end])) end += 1
    return end
  }
  return first === '$' ? dollarEnd(text, at) : at + 1
}

/** A doubled quote is one within. In E'...' a backslash takes what follows it along, also in what continues it on a later line. */
function quoteEnd(text: string, start: number, hasEscapes: boolean): number {
  const quote = text[start] ?? ''
  for (let at = start + 1; at < text.length; at += 1) {
    if (hasEscapes && text[at] === '\\') at += 1
    else if (text[at] === quote) {
      if (text[at + 1] === quote) at += 1
      else if (!hasEscapes) return at + 1
      else {
        let next = at + 1
        while (isBlank(text[next])) next += 1
        if (text[next] !== quote || !text.slice(at, next).includes('\n')) return at + 1
        at = next
      }
    }
  }
  return text.length
}

function dollarEnd(text: string, at: number): number {
  let tag = at + 1
  if (isNameStart(text[tag])) while (isNamePart(text[tag]) && text[tag] !== '$') tag += 1
  if (text[tag] !== '$') return at + 1
  const mark = text.slice(at, tag + 1)
  const end = text.indexOf(mark, tag + 1)
  return end === -1 ? text.length : end + mark.length
}

/** Block comments lie within each other. */
function blockEnd(text: string, start: number): number {
  let depth = 0
  for (let at = start; at < text.length; at += 1) {
    const two = text.slice(at, at + 2)
    if (two === '/*') depth += 1
    else if (two === '*/') depth -= 1
    else continue
    at += 1
    if (depth === 0) return at + 1
  }
  return text.length
}

function lineEnd(text: string, at: number): number {
  const end = text.indexOf('\n', at)
  return end === -1 ? text.length : end
}

const isBlank = (character = '') => character !== '' && ' \t\n\r\f\v'.includes(character)
const isNameStart = (character = '') => /[A-Za-z_\u0080-\uffff]/.test(character)
const isNamePart = (character = '') => /[A-Za-z0-9_$\u0080-\uffff]/.test(character)
