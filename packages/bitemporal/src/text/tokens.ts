/** What is wrong with a line, and what mends it; whoever reads the lines says which it is. */
export class TextFault extends Error {
  readonly mend: string

  constructor(detail: string, mend: string) {
    super(detail)
    this.mend = mend
  }
}

const word = /[^\s"[\]{}]+/y
const quotedText = /"(?:[^"\\]|\\.)*"/y

/** The words of a line, its texts with their quotes, and its objects and lists as a whole. Throws TextFault. */
export function splitTokens(line: string): readonly string[] {
  const tokens: string[] = []
  for (let at = 0; at < line.length;) {
    const character = line.charAt(at)
    if (character === ' ' || character === '\t') {
      at++
      continue
    }
    const end = character === '{' || character === '[' ? endOfNested(line, at) : endOf(line, at)
    tokens.push(line.slice(at, end))
    at = end
  }
  return tokens
}

function endOf(line: string, at: number): number {
  const pattern = line[at] === '"' ? quotedText : word
  pattern.lastIndex = at
  if (pattern.test(line)) return pattern.lastIndex
  throw new TextFault(
    line[at] === '"' ? 'a text has no end' : `${line[at] ?? ''} stands where a word is expected`,
    'Put a double quote at both ends of each text, and a backslash before quotes within it.',
  )
}

/** Whether brackets match is left to the parser of JSON. */
function endOfNested(line: string, from: number): number {
  let depth = 0
  for (let at = from; at < line.length;) {
    const character = line.charAt(at)
    if (character === '"') {
      at = endOf(line, at)
      continue
    }
    if (character === '{' || character === '[') depth++
    if (character === '}' || character === ']') depth--
    at++
    if (depth === 0) return at
  }
  throw new TextFault(
    'an object or a list has no end',
    'Write each value on one line, with all its brackets.',
  )
}
